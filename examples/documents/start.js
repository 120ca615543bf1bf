/**
 * `npm start`: runs `main.ts` on Node. Node 20 does not read TypeScript, so it and the reader threads'
 * program are bundled first; the package itself and libsql stay outside, as in an application that has
 * installed them.
 *
 * @module
 */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');
const outdir = join(root, 'build/documents');

if (!existsSync(join(root, 'dist/index.js'))) {
  console.error(
    'Cannot start: the package is not built. "npm ci" builds it, and so does "npm run build"',
  );
  process.exit(2);
}

const { outputFiles } = await build({
  entryPoints: ['main.ts', 'reader.ts'].map((file) => join(import.meta.dirname, file)),
  outdir,
  outExtension: { '.js': '.mjs' },
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

// Each as a whole: another service may be starting from the same files.
mkdirSync(outdir, { recursive: true });
for (const { path, contents } of outputFiles) {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

await import(pathToFileURL(join(outdir, 'main.mjs')).href);
