/**
 * Bundles `run.ts` for Node 20, which does not read TypeScript, and runs it. The bundle lies as deep
 * as its sources do, so that both find the repository by the same path.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const outfile = join(import.meta.dirname, '../../build/simulation/run.mjs');

await build({
  entryPoints: [join(import.meta.dirname, 'run.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: ['esbuild'],
});

await import(pathToFileURL(outfile).href);
