/**
 * Every published path, resolved and used from the packed tarball, in a project of its own, on each
 * runtime that npm installs: by `import`, and by `require` from CommonJS.
 *
 * @module
 */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, folder, install, type Manifest, pack, ROOT, run } from './tarball.ts';

interface Outcome {
  readonly file: string;
  readonly outcome: string;
}

const BIN = join(ROOT, 'node_modules/.bin');

const RUNTIMES = [
  { runtime: 'node', command: [process.execPath] },
  { runtime: 'deno', command: [join(BIN, 'deno'), 'run', '--allow-all', '--no-lock'] },
  { runtime: 'bun', command: [join(BIN, 'bun')] },
];

const LIFE = 'wasm written true true stopped';
const OPEN = 'ready alive ok 2 threads';

/** The file that a server's runtime takes for each path, and what the programs make of it. */
const EXPECTED: Readonly<Record<string, Outcome>> = {
  tidegate: { file: 'dist/index.js', outcome: LIFE },
  'tidegate/browser': { file: 'dist/browser.js', outcome: LIFE },
  'tidegate/atomics': { file: 'dist/atomics.js', outcome: 'backend_missing atomics' },
  'tidegate/http': { file: 'dist/http/index.js', outcome: '503 undefined' },
  'tidegate/node': { file: 'dist/node.js', outcome: OPEN },
  'tidegate/deno': { file: 'dist/deno.js', outcome: OPEN },
  'tidegate/bun': { file: 'dist/bun.js', outcome: OPEN },
  'tidegate/opentelemetry': { file: 'dist/opentelemetry.js', outcome: '12 gauges, 2 spans' },
  'tidegate/core.wasm': { file: 'dist/core.wasm', outcome: 'env.memory memory 0' },
  'tidegate/package.json': { file: 'package.json', outcome: 'tidegate' },
};

let place: Folder;
let manifest: Manifest;
/** What came of `tidegate/opentelemetry` in a project that has not installed its peer. */
let withoutPeer: unknown;

beforeAll(async () => {
  place = folder();
  const programs = join(import.meta.dirname, 'programs');
  manifest = await install(await pack(place.path), place.path, programs);
  withoutPeer = await run(process.execPath, ['use.js', 'tidegate/opentelemetry'], place.path).catch(
    String,
  );
  mkdirSync(join(place.path, 'node_modules/@opentelemetry'));
  const peer = 'node_modules/@opentelemetry/api';
  symlinkSync(join(ROOT, peer), join(place.path, peer));
});

afterAll(() => place.remove());

/** The doors of other runtimes are not for this one. */
function isFor(runtime: string): (path: string) => boolean {
  return (path) => !/\/(node|deno|bun)$/.test(path) || path.endsWith(`/${runtime}`);
}

it('every published path is used on some runtime', () => {
  const published = Object.keys(manifest.exports).map((path) => path.replace('.', 'tidegate'));
  expect(Object.keys(EXPECTED).sort()).toEqual(published.sort());
});

it('the peer is optional: who does not have it is told so by the one path that needs it', () => {
  expect(withoutPeer).toMatch(/Cannot find package '@opentelemetry\/api'/);
});

describe.each(RUNTIMES)('on $runtime', ({ runtime, command }) => {
  const [program = '', ...flags] = command;
  const paths = Object.keys(EXPECTED).filter(isFor(runtime));

  // One process a path: `tidegate/atomics` says what is missing only where nobody brought it.
  it.each(paths)('%s resolves and works', async (path) => {
    const printed = await run(program, [...flags, 'use.js', path], place.path);
    expect(JSON.parse(printed)).toEqual({ [path]: EXPECTED[path] });
  });

  it('all of them together are one package', async () => {
    const together = paths.filter((path) => path !== 'tidegate/atomics');
    const printed = await run(program, [...flags, 'use.js', ...together], place.path);
    expect(Object.keys(JSON.parse(printed) as object)).toEqual(together);
  });

  it('require() gives the modules that import does', async () => {
    const modules = paths.filter((path) => !/\.(wasm|json)$/.test(path));
    expect(await run(program, [...flags, 'require.cjs', ...modules], place.path)).toBe('');
  });
});
