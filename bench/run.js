/**
 * Bundles a program of this folder, and the child programs that it starts, for Node 20, which does not
 * read TypeScript; then runs it: `node bench/run.js command|gate|compare …`.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { slimLoader } from '../src/packing/loader.js';

/** Servers of others, which are loaded as their users load them. */
const RIVALS = [
  '@godaddy/terminus',
  '@hono/node-server',
  'express',
  'fastify',
  'h3',
  'hono',
  'lightship',
  'srvx/node',
];

const [name = 'command', ...args] = process.argv.slice(2);
const outdir = join(import.meta.dirname, '../build/bench');

await build({
  entryPoints: {
    [name]: join(import.meta.dirname, `${name}.ts`),
    program: join(import.meta.dirname, 'program/program.ts'),
    worker: join(import.meta.dirname, 'program/worker.ts'),
    page: join(import.meta.dirname, 'program/page.ts'),
    'page-worker': join(import.meta.dirname, 'program/page-worker.ts'),
    server: join(import.meta.dirname, 'program/server.ts'),
    load: join(import.meta.dirname, 'program/load.ts'),
    isolate: join(import.meta.dirname, 'program/isolate.ts'),
  },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // Node's own modules and what is loaded from node_modules as it is; the loader is bundled, as it is
  // in the package.
  external: ['node:*', 'ajv', 'esbuild', '*.wasm', ...RIVALS],
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2022',
  minifySyntax: true,
  plugins: [slimLoader],
});

process.argv.splice(2, process.argv.length, ...args);
process.chdir(join(import.meta.dirname, '..'));
try {
  await import(pathToFileURL(join(outdir, `${name}.mjs`)).href);
} catch (error) {
  // A mistake in the command needs no stack; everything else does.
  const isTyped = error?.name === 'WrongInput' || String(error?.code).startsWith('ERR_PARSE_ARGS');
  if (!isTyped) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
