/**
 * What an import of `bare.unshared.wasm` gives: the bare module of `primitives.ts`, which
 * `src/packing/bundle.js` writes next to the built package.
 *
 * @module
 */

declare const module: WebAssembly.Module;

export { module as default };
