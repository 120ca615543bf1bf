/**
 * `npm start`: runs `main.ts` on Node. Node 20 does not read TypeScript, so it is bundled first; the
 * package itself and libsql stay outside, as in an application that has installed them.
 *
 * @module
 */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const outfile = join(root, 'build/documents.mjs');

if (!existsSync(join(root, 'dist/index.js'))) {
  console.error(
    'Cannot start: the package is not built. "npm ci" builds it, and so does "npm run build"',
  );
  process.exit(2);
}

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'main.ts')],
  outfile,
  write: false,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  // Where the corpus and the data are: beside the source, not beside the bundle.
  define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
});

// As a whole: another service may be starting from the same file.
mkdirSync(join(root, 'build'), { recursive: true });
const part = `${outfile}.${process.pid}`;
for (const { contents } of outputFiles) writeFileSync(part, contents);
renameSync(part, outfile);

await import(pathToFileURL(outfile).href);
