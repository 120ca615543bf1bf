/**
 * What an import of `core.unshared.wasm` gives: `assembly/embed.js` writes it beside the built
 * package.
 *
 * @module
 */

declare const module: WebAssembly.Module;

export { module as default };
