/**
 * Scenarios of what is not ours: any WebAssembly that shares memory by atomics, and a file that says
 * which threads call what, and what must hold.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type Exploration, explore, type Findings, type Outcome, type View } from './explorer.ts';
import { instrument, wasmMachine } from './instrument.ts';
import type { Program } from './machine.ts';

/** The functions that the module exports. */
export type Exports = Readonly<Record<string, (...args: readonly number[]) => number>>;

/** What a scenario file exports by default. */
export interface ForeignScenario {
  readonly name: string;
  /** One function a thread: what it calls, and what it saw. */
  readonly threads: readonly ((exports: Exports) => unknown)[];
  /** Fills the memory that the threads find. */
  readonly before?: (memory: DataView) => void;
  readonly crashes?: number;
  readonly mayDie?: readonly number[];
  readonly daemons?: readonly number[];
  readonly limit?: number;
  /** The most operations that a thread may need with all others frozen. */
  readonly solo?: number;
  readonly invariant?: (view: View) => string | undefined;
  readonly step?: (before: View, after: View) => string | undefined;
  readonly final?: (outcome: Outcome) => string | undefined;
}

/** Pages of a module that does not say how much it has. */
const PAGE = 65_536;

/** Reads a scenario, which may be TypeScript. */
export async function readScenario(path: string): Promise<ForeignScenario> {
  const { outputFiles } = await build({
    entryPoints: [resolve(path)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  const module: { readonly default?: ForeignScenario } = await import(
    `data:text/javascript;base64,${code}`
  );
  if (module.default === undefined) {
    throw new Error(`Cannot run ${pathToFileURL(path)}: it has no default export`);
  }
  return module.default;
}

/**
 * Explores a module under a scenario. The module imports its memory as `env.memory`, and nothing else.
 *
 * @throws {Violation} {Refusal}
 */
export function exploreModule(bytes: Uint8Array, scenario: ForeignScenario): Findings {
  const instrumented = instrument(bytes);
  const memory = new Uint8Array(instrumented.memory.initial * PAGE);
  scenario.before?.(new DataView(memory.buffer));
  const { threads, before: _, name: __, ...rest } = scenario;
  const exploration: Exploration = {
    machines: [wasmMachine(instrumented)],
    memory,
    threads: threads.map(
      (thread): Program =>
        // The exports of a module that is not ours; a machine knows no more of them than their names.
        ({ core }) =>
          thread(core as unknown as Exports),
    ),
    ...rest,
  };
  return explore(exploration);
}

/** The bytes of a module: a binary, or the text format. */
export async function readModule(path: string): Promise<Uint8Array> {
  const bytes = readFileSync(path);
  if (!path.endsWith('.wat')) return bytes;
  const { default: binaryen } = await import('binaryen');
  const module = binaryen.parseText(bytes.toString('utf8'));
  module.setFeatures(binaryen.Features.All);
  return new Uint8Array(module.emitBinary());
}
