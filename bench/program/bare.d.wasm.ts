/**
 * What `bare.wasm` is to who imports it: the bare module of `cases/primitives.ts`, which
 * `harness/isolates.ts` hands to the runtime beside the bundle.
 *
 * @module
 */

declare const module: WebAssembly.Module;

export { module as default };
