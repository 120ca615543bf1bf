/**
 * Build step: of the declarations that the compiler wrote, those that a published path leads to,
 * and that of `core.wasm`. The others describe rooms that nobody outside can enter, in types that
 * need Node's.
 *
 * What is left names its neighbours as `./x.js`, which every compiler and every runtime that reads
 * declarations finds, with or without `allowImportingTsExtensions`.
 *
 * @module
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What the compiler cannot write: it knows no `.wasm`. */
const CORE_WASM = `/**
 * The core as a module, compiled and not instantiated, for runtimes and bundlers that import a
 * \`.wasm\` file so: Cloudflare Workers. It imports a shared \`env.memory\` of three pages.
 *
 * @module
 */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } }
    ? T
    : object;
declare const core: CompiledModule;
export default core;
`;

/** Every declaration in a value of `exports`, which may be nested conditions. */
function declarationsIn(value) {
  if (typeof value === 'object') return Object.values(value).flatMap(declarationsIn);
  return value.startsWith('./dist/types/') ? [join(root, value)] : [];
}

/** A relative specifier, in `from '…'` and in `import('…')`. */
const SPECIFIER = /(\bfrom |\bimport\()'(\.[^']*)\.ts'/g;

writeFileSync(join(root, 'dist/types/core.wasm.d.ts'), CORE_WASM);

const reached = new Set(declarationsIn(exports));
for (const file of reached) {
  const text = readFileSync(file, 'utf8');
  for (const [, , path] of text.matchAll(SPECIFIER)) {
    reached.add(`${join(dirname(file), path)}.d.ts`);
  }
  writeFileSync(file, text.replaceAll(SPECIFIER, "$1'$2.js'"));
}

const types = join(root, 'dist/types');
const entries = readdirSync(types, { recursive: true, withFileTypes: true });
for (const entry of entries) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !reached.has(path)) rmSync(path);
}
// What is empty now, the deepest first.
for (const folder of entries.filter((entry) => entry.isDirectory()).reverse()) {
  const path = join(folder.parentPath, folder.name);
  if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
}
