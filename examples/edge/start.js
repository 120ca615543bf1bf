/**
 * `npm run start:edge`: runs `worker.ts` on workerd, the runtime of Cloudflare Workers, by miniflare. On
 * the platform there is one Worker, and as many isolates of it as there is traffic; here each isolate is a
 * Worker of its own, at a port of its own, so that they can be told apart. What they are bound to is read
 * from `wrangler.json`. No account is needed, and nothing is deployed.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const BINARY = join(ROOT, 'dist/core.unshared.wasm');

/** A number of the environment. */
function number(name, preset, least, most) {
  const text = process.env[name] ?? String(preset);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  return fail(`${name} is ${JSON.stringify(text)}, not a number in ${least} … ${most}`);
}

/** Something of the environment that may not be empty. */
function text(name, preset) {
  const value = process.env[name] ?? preset;
  return value.trim() === '' ? fail(`${name} is set, but empty`) : value;
}

function fail(why) {
  console.error(`Cannot start: ${why}`);
  process.exit(2);
}

if (!existsSync(BINARY)) fail('the package is not built. "npm ci" builds it');

const isolates = number('ISOLATES', 3, 1, 16);
const port = number('PORT', 8781, 0, 65_535 - isolates);
const deployment = text('DEPLOYMENT', 'v1');
const token = text('TIDEGATE_ADMIN_TOKEN', 'secret');
const folder = text('DATA_DIR', join(ROOT, 'build/edge-data'));

const config = JSON.parse(readFileSync(join(HERE, 'wrangler.json'), 'utf8'));

// As wrangler does it: the binary stays a module of its own beside the bundle.
const { outputFiles } = await build({
  entryPoints: [join(HERE, config.main)],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['*.wasm'],
  write: false,
  // It warns of what `sideEffects: false` makes it leave out, but not under node_modules.
  logLevel: 'error',
});
const modules = [
  { type: 'ESModule', path: 'worker.js', contents: outputFiles[0].text },
  { type: 'CompiledWasm', path: 'core.unshared.wasm', contents: readFileSync(BINARY) },
];

/** One isolate. The first one has the object, and the others reach it there. */
function isolate(index) {
  const objects = config.durable_objects.bindings.map(({ name, class_name: className }) => [
    name,
    { className, useSQLite: true, ...(index > 1 && { scriptName: 'isolate-1' }) },
  ]);
  return {
    name: `isolate-${index}`,
    modules,
    compatibilityDate: config.compatibility_date,
    bindings: { ADMIN_TOKEN: token, [config.version_metadata.binding]: { id: deployment } },
    durableObjects: Object.fromEntries(objects),
    kvNamespaces: Object.fromEntries(config.kv_namespaces.map(({ binding, id }) => [binding, id])),
    unsafeDirectSockets: [{ host: '127.0.0.1', port: port === 0 ? 0 : port + index - 1 }],
  };
}

const names = Array.from({ length: isolates }, (_, index) => index + 1);
const miniflare = new Miniflare({
  workers: names.map(isolate),
  durableObjectsPersist: join(folder, 'objects'),
  kvPersist: join(folder, 'notes'),
});
await miniflare.ready;
for (const name of names) {
  const { origin } = await miniflare.unsafeGetDirectURL(`isolate-${name}`);
  console.log(`isolate ${name} of ${deployment}: ${origin}`);
}

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (isStopping) return;
    isStopping = true;
    await miniflare.dispose();
    process.exit(0);
  });
}
