/**
 * The wasm backend: the binary over a memory. It holds no state and wraps nothing; what it hands
 * out are the instance's own exports, because the loader's wrappers cost two to four calls each.
 *
 * @module
 */

import { instantiateSync } from '@assemblyscript/loader';
import { CORE_TEXT, LIMITS_FLAG_OFFSET } from './binary.ts';
import type { Core } from './core.ts';

/** Limits flag of a memory with a maximum, not shared (WebAssembly core and threads proposal). */
const UNSHARED_WITH_MAXIMUM = 1;

/** Compiled once for each kind of memory, at first use: nothing happens at import. */
const modules: { shared?: WebAssembly.Module; unshared?: WebAssembly.Module } = {};

/**
 * Instantiates the core over `memory`.
 *
 * @param compiled a module compiled elsewhere, for runtimes that refuse to compile bytes
 */
export function wasmCore(
  memory: WebAssembly.Memory,
  shared: boolean,
  compiled?: WebAssembly.Module,
): Core {
  const module = compiled ?? compile(shared);
  const { instance } = instantiateSync(module, { env: { memory } });
  // The binary's exports are this interface: a test compares the two lists name by name.
  return instance.exports as unknown as Core;
}

/** The bytes of the core for shared or unshared memory: one artefact, one byte apart. */
export function coreBytes(shared: boolean): Uint8Array<ArrayBuffer> {
  // A byte is a character, or `~` and two digits; `assembly/embed.js` says which.
  const bytes = Uint8Array.from(CORE_TEXT.match(/~..|./g) ?? [], (token) => {
    const code = token.charCodeAt(0);
    if (token.length > 1) return Number.parseInt(token.slice(1), 16);
    return code < 0x40 ? code - 0x20 : code;
  });
  if (!shared) bytes[LIMITS_FLAG_OFFSET] = UNSHARED_WITH_MAXIMUM;
  return bytes;
}

function compile(shared: boolean): WebAssembly.Module {
  const kind = shared ? 'shared' : 'unshared';
  const module = modules[kind] ?? new WebAssembly.Module(coreBytes(shared));
  modules[kind] = module;
  return module;
}
