/**
 * What `core.unshared.wasm` is to who imports it: `assembly/embed.js` writes it beside the built
 * package.
 *
 * @module
 */

declare const module: WebAssembly.Module;

export { module as default };
