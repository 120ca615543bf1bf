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

/** `|`, `}` and `~` are followed by another character; what that is less than its byte. */
const ESCAPES = [0, 0xbe, 0x5f];
const FIRST_ESCAPE = 0x7c;

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
  // A byte is a character, or two; `assembly/embed.js` says which. A loop, for it runs once,
  // uncompiled, while a process starts: a pattern and a callback took Bun 2.5 ms, this 0.4.
  const bytes = new Uint8Array(CORE_TEXT.length);
  let length = 0;
  for (let at = 0; at < CORE_TEXT.length; at++) {
    let code = CORE_TEXT.charCodeAt(at);
    const less = ESCAPES[code - FIRST_ESCAPE];
    if (less !== undefined) code = CORE_TEXT.charCodeAt(++at) + less;
    else if (code < 0x40) code -= 0x20;
    // Beyond 0xff it begins again, as the array has it.
    bytes[length++] = code;
  }
  if (!shared) bytes[LIMITS_FLAG_OFFSET] = UNSHARED_WITH_MAXIMUM;
  return bytes.slice(0, length);
}
