/**
 * Build step: leaves out of `@assemblyscript/loader` what this package never reads, so that no page
 * has to load it. It changes nothing that is used.
 *
 * `instantiateSync` returns the module, the instance, and `exports`: the instance's own exports
 * once more, wrapped, with functions that read strings and arrays out of AssemblyScript's heap.
 * The core has no heap, and `wasm.ts` takes the instance's exports as they are. Since the wrapping
 * is code that runs, no bundler may shake it off; without that one field it can, which is a tenth of
 * the whole bundle.
 *
 * At import the loader writes to `Object`, for what is not used here either: nothing may happen then,
 * and where intrinsics are frozen it would throw.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';

/** What is left out, and what stands there instead. */
const CUTS = [
  // `instantiateSync`, and `instantiate` with the same lines, which nobody imports.
  [/ {2}const exports = postInstantiate\(extended, instance\);\n/g, ''],
  [/\{ module, instance, exports \}/g, '{ module, instance }'],
  // It compiles bytes, too, and is given none: `wasm.ts` has a module.
  [
    /const module = isModule\(source\) \? source : new WebAssembly\.Module\(source\);/g,
    'const module = source;',
  ],
  // What the core does not import; a test of the binary says so. Of `abort`, its strings: there are none.
  [
    / {2}env\.trace = [\s\S]*?\n {2}\};\n {2}env\.seed = .*\n {2}imports\.Math = .*\n {2}imports\.Date = .*\n/g,
    '',
  ],
  [/ {2}function getString\(memory, ptr\) \{[\s\S]*?\n {2}\}\n/g, ''],
  [/ {4}const memory = extendedExports\.memory .*\n/g, ''],
  [/getString\(memory, (msg|file)\)/g, '$1'],
  // Made at import for these strings: shaken with their reader.
  [/= new TextDecoder\(/g, '= /* @__PURE__ */ new TextDecoder('],
  [/Object\.hasOwn = Object\.hasOwn \|\| function[\s\S]*?\n\};\n/g, ''],
];

/** An esbuild plugin. It fails if the loader no longer reads as it was read here. */
export const slimLoader = {
  name: 'slim-loader',
  setup(build) {
    build.onLoad({ filter: /@assemblyscript[\\/]loader[\\/]index\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [text, instead] of CUTS) {
        if (contents.search(text) < 0) {
          return { errors: [{ text: `Cannot slim the loader: it has no ${text}` }] };
        }
        contents = contents.replaceAll(text, instead);
      }
      return { contents };
    });
  },
};
