/**
 * The binary as it is embedded in the package's own JavaScript: no file, no flag, no network. It
 * compiles bytes, which every runtime allows but the edge (see `imported.ts`).
 *
 * @module
 */

import { added } from './backends.ts';
import { CORE_TEXT, LIMITS_FLAG_OFFSET } from './binary.ts';

/** Limits flag of a memory with a maximum, not shared (WebAssembly core and threads proposal). */
const UNSHARED_WITH_MAXIMUM = 1;

/** Compiled once for each kind of memory, at first use: nothing happens at import. */
const modules: { shared?: WebAssembly.Module; unshared?: WebAssembly.Module } = {};

/** Brings the binary, unless an isolate brought its own. */
export function useEmbedded(): void {
  added.module ??= embeddedModule;
}

/** The core, compiled for shared or unshared memory. */
export function embeddedModule(shared: boolean): WebAssembly.Module {
  const kind = shared ? 'shared' : 'unshared';
  const module = modules[kind] ?? new WebAssembly.Module(coreBytes(shared));
  modules[kind] = module;
  return module;
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
