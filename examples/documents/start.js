/**
 * `npm start`: runs `main.ts` on Node. Node 20 does not read TypeScript, so it is bundled first; the
 * package itself and libsql stay outside, as in an application that has installed them.
 *
 * @module
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const outfile = join(import.meta.dirname, '../../build/documents.mjs');

await build({
  entryPoints: [join(import.meta.dirname, 'main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  // Where the corpus and the data are: beside the source, not beside the bundle.
  define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
});

await import(pathToFileURL(outfile).href);
