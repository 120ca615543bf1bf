/**
 * What `bare.unshared.wasm` is to who imports it: the bare module of `primitives.ts`, which
 * `src/packing/bundle.js` writes beside the built package.
 *
 * @module
 */

declare const module: WebAssembly.Module;

export { module as default };
