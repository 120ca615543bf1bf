/**
 * Build step: `dist/`, one module for each path and program that `package.json` publishes, split so
 * that a class exists once however many of them are imported.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { slimLoader } from './loader.js';

const root = `${import.meta.dirname}/../..`;
const { exports, bin, peerDependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/** Every `./dist/….js` in a value of `exports` or `bin`, which may be nested conditions. */
function modulesIn(value) {
  if (typeof value === 'object') return Object.values(value).flatMap(modulesIn);
  return /^\.\/dist\/.*\.js$/.test(value) ? [value] : [];
}

await build({
  entryPoints: [...new Set(modulesIn([exports, bin]))].map((module) =>
    module.replace('./dist/', `${root}/src/`).replace(/\.js$/, '.ts'),
  ),
  outdir: `${root}/dist`,
  outbase: `${root}/src`,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  // Where there is a dist/core.unshared.wasm, every chunk is beside it.
  external: ['node:*', '*.wasm', ...Object.keys(peerDependencies)],
  target: 'es2022',
  minifySyntax: true,
  sourcemap: true,
  plugins: [slimLoader],
  logLevel: 'info',
});

// What `bench-edge.js` imports: an isolate compiles no bytes.
const { bareModule } = await import(`${root}/dist/bench.js`);
writeFileSync(`${root}/dist/bare.unshared.wasm`, bareModule(false));
