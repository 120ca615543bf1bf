/**
 * Every published path, resolved and used from the packed tarball, in a project of its own, on each
 * runtime: by `import`, and by `require` from CommonJS; on workerd as a Workers project does.
 *
 * @module
 */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CURRENT_DATE, programOf, start } from '../edge/isolates.ts';
import { foundNodes, nodes } from '../matrix/engines.ts';
import { type Folder, folder, install, type Manifest, pack, ROOT, run } from './tarball.ts';

interface Outcome {
  readonly file: string;
  readonly outcome: string;
}

const BIN = join(ROOT, 'node_modules/.bin');

const IN_CI = process.env.CI === 'true';

/** CI has every Node; elsewhere, those that the matrix has installed. */
const NODES = IN_CI ? nodes() : foundNodes('it is not installed; npm run test:matrix installs it');

const RUNTIMES = [
  ...NODES.flatMap((node) =>
    'program' in node ? [{ on: `node ${node.version}`, command: [node.program] }] : [],
  ),
  { on: 'deno', command: [join(BIN, 'deno'), 'run', '--allow-all', '--no-lock'] },
  { on: 'bun', command: [join(BIN, 'bun')] },
];

const LIFE = 'wasm written true true stopped';
const OPEN = 'ready alive ok 2 threads';

/** The file that a server's runtime takes for each path, and what the programs make of it. */
const EXPECTED: Readonly<Record<string, Outcome>> = {
  tidegate: { file: 'dist/index.js', outcome: LIFE },
  'tidegate/browser': { file: 'dist/browser.js', outcome: LIFE },
  'tidegate/atomics': { file: 'dist/atomics.js', outcome: 'backend_missing atomics' },
  'tidegate/auto': { file: 'dist/auto.js', outcome: 'ready mine 503 once' },
  'tidegate/compose': { file: 'dist/compose.js', outcome: 'b over a, -b -a, circular_components' },
  'tidegate/http': { file: 'dist/http/index.js', outcome: '503 undefined' },
  'tidegate/bench': { file: 'dist/bench.js', outcome: 'phase true' },
  'tidegate/node': { file: 'dist/node.js', outcome: OPEN },
  'tidegate/deno': { file: 'dist/deno.js', outcome: OPEN },
  'tidegate/bun': { file: 'dist/bun.js', outcome: OPEN },
  'tidegate/cloudflare': { file: 'dist/cloudflare.js', outcome: 'nothing_to_drain draining 3000' },
  'tidegate/fleet': { file: 'dist/fleet.js', outcome: 'held 1 waiting, draining true' },
  'tidegate/opentelemetry': {
    file: 'dist/opentelemetry.js',
    outcome: '22 gauges, 3 counters, 2 spans',
  },
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

/** What only workerd can load. */
const EDGE = ['tidegate/workerd'];

/** The doors of other runtimes are not for this one. */
function isFor(on: string): (path: string) => boolean {
  return (path) => !/\/(node|deno|bun)$/.test(path) || path.endsWith(`/${on.split(' ')[0]}`);
}

it('every published path is used on some runtime', () => {
  const published = Object.keys(manifest.exports).map((path) => path.replace('.', 'tidegate'));
  expect([...Object.keys(EXPECTED), ...EDGE].sort()).toEqual(published.sort());
});

it('the peer is optional: without it, only the one path that needs it fails, and says so', () => {
  expect(withoutPeer).toMatch(/Cannot find package '@opentelemetry\/api'/);
});

describe.each(RUNTIMES)('on $on', ({ on, command }) => {
  const [program = '', ...flags] = command;
  const paths = Object.keys(EXPECTED).filter(isFor(on));

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
    // What is installed before the program runs takes time, so the module of `auto` is asynchronous.
    const modules = paths.filter((path) => !/\.(wasm|json)$|\/auto$/.test(path));
    expect(await run(program, [...flags, 'require.cjs', ...modules], place.path)).toBe('');
  });
});

for (const node of NODES) {
  if (!('absent' in node)) continue;
  const title = `on node ${node.version}: ${node.absent}`;
  if (IN_CI) it(title, () => expect.fail(node.absent));
  else it.skip(title, () => {});
}

it('on workerd, with the binary that the package has, alone and as one of a fleet', async () => {
  const installed = join(place.path, 'node_modules/tidegate');
  const { outputFiles, metafile } = await build({
    absWorkingDir: place.path,
    entryPoints: ['worker.js'],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm'],
    write: false,
    metafile: true,
  });
  for (const file of ['edge', 'workerd', 'cloudflare', 'http/for-edge']) {
    expect(Object.keys(metafile.inputs)).toContain(`node_modules/tidegate/dist/${file}.js`);
  }
  const modules = programOf(outputFiles[0]?.text ?? '', installed);
  const object = { className: 'LifecycleObject', useSQLite: true };
  await using isolates = await start([
    { name: 'worker', modules, compatibilityDate: CURRENT_DATE, durableObjects: { FLEET: object } },
  ]);
  const paths = ['/', '/health/ready', '/health/live'];
  const answers = await Promise.all(
    paths.map(async (path) => (await isolates.ask('worker', path)).json()),
  );
  expect(answers).toMatchObject([
    { backend: 'wasm', isSameClass: true },
    { status: 'ready' },
    { status: 'alive' },
  ]);
  const put = async (): Promise<number> =>
    (await isolates.ask('worker', '/', { method: 'PUT' })).status;
  expect(await put()).toBe(200);
  const headers = { authorization: 'Bearer secret' };
  const drained = await isolates.ask('worker', '/fleet/drain', { method: 'POST', headers });
  expect(await drained.json()).toMatchObject({ phase: 'draining', changed: true });
  expect(await put()).toBe(503);
});
