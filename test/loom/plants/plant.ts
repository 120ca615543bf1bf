/**
 * Planted bugs in the protocol: slips that somebody might make, one text in place of another, in the
 * binary's sources and in its twin's. Here is how a plant becomes a machine; which there are is in the
 * files beside this one.
 *
 * The twin is bundled once for each plant. The binary is compiled once with all of them: which one is
 * on is a number that it imports.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import type { atomicsCore } from '../../../src/core/atomics.ts';
import { instrument, wasmMachine } from '../instrument.ts';
import type { CoreOf } from '../machine.ts';
import { machineOf } from '../twin.ts';

/** One text in place of another, which is in the file once. */
export type Slip = readonly [from: string, to: string];

/** A bug, and the scenario that shows it. */
export interface Plant {
  readonly name: string;
  /** The file of both, without its folder. */
  readonly file: string;
  readonly twin: Slip;
  readonly binary: Slip;
  /** The scenario, or the product, of which a property breaks. */
  readonly shownIn: string;
}

/** The twin with this slip. */
export async function plantedTwin({ file, twin }: Plant): Promise<CoreOf> {
  const { outputFiles } = await build({
    entryPoints: ['src/core/atomics.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'node20',
    plugins: [
      {
        name: 'plant',
        setup: ({ onLoad }) => {
          onLoad({ filter: /src\/core\/atomics\/\w+\.ts$/ }, ({ path }) =>
            basename(path) === `${file}.ts`
              ? { contents: replaced(readFileSync(path, 'utf8'), twin, path), loader: 'ts' }
              : undefined,
          );
        },
      },
    ],
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  const module: { readonly atomicsCore: typeof atomicsCore } = await import(
    `data:text/javascript;base64,${code}`
  );
  return machineOf(module.atomicsCore);
}

/** The binary with each of these slips, by their index. */
export function plantedBinaries(plants: readonly Plant[]): (index: number) => CoreOf {
  const folder = mkdtempSync('build/planted-');
  try {
    mkdirSync(join(folder, 'assembly'));
    for (const name of readdirSync('assembly').filter((each) => each.endsWith('.ts'))) {
      const source = readFileSync(join('assembly', name), 'utf8');
      writeFileSync(join(folder, 'assembly', name), withSwitches(source, name, plants));
    }
    const out = join(folder, 'planted.wasm');
    const options = [...AS_IT_SHIPS, ...FAST, '--outFile', out];
    execFileSync(process.execPath, [COMPILER, join(folder, 'assembly/index.ts'), ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const instrumented = instrument(readFileSync(out));
    return (index) => wasmMachine(instrumented, { planted: index });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COMPILER = 'node_modules/assemblyscript/bin/asc.js';
const AS_IT_SHIPS = [
  ...['--runtime', 'stub', '--importMemory', '--sharedMemory', '--noAssert', '--use', 'abort='],
  ...['--initialMemory', '3', '--maximumMemory', '3', '--enable', 'threads'],
];
/** A slip is found at any level, and this one takes a second. */
const FAST = ['--optimizeLevel', '0'];
const DECLARED = "@external('env', 'planted')\ndeclare const planted: i32;\n";

function withSwitches(source: string, path: string, plants: readonly Plant[]): string {
  let text = source;
  let isSwitched = false;
  for (const [index, { file, binary }] of plants.entries()) {
    if (path !== `${file}.ts`) continue;
    const [from, to] = binary;
    const isStatement = /[;}]$/.test(from);
    const both = isStatement
      ? `if (planted === ${index}) { ${to} } else { ${from} }`
      : `(planted === ${index} ? ${to} : ${from})`;
    text = replaced(text, [from, both], path);
    isSwitched = true;
  }
  // After the imports: a declaration before them would be refused.
  return isSwitched ? `${text}\n${DECLARED}` : text;
}

function replaced(source: string, [from, to]: Slip, path: string): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} times in ${path}: ${from}`);
  return parts.join(to);
}
