/**
 * Bundles `command.ts` for Node 20, which does not read TypeScript, and runs it. The bundle lies as deep
 * as `test/runtime/program.ts`, which looks for the repository from there.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const outfile = join(import.meta.dirname, '../../../build/fleet/faults.mjs');

await build({
  entryPoints: [join(import.meta.dirname, 'command.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
});

await import(pathToFileURL(outfile).href);
