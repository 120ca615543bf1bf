/**
 * Bundles `run.ts` for Node 20, which does not read TypeScript, and runs it.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const outfile = join(import.meta.dirname, '../../build/loom.mjs');

await build({
  entryPoints: [join(import.meta.dirname, 'run.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['binaryen', 'esbuild'],
  mainFields: ['module', 'main'],
});

await import(pathToFileURL(outfile).href);
