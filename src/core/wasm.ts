/**
 * The wasm backend: the binary over a memory. It holds no state and wraps nothing; what it hands
 * out are the instance's own exports, because the loader's wrappers cost two to four calls each.
 * Where the binary comes from is the business of `embedded.ts` and `imported.ts`.
 *
 * @module
 */

import { instantiateSync } from '@assemblyscript/loader';
import type { Core } from './core.ts';

/**
 * Instantiates the core over `memory`.
 *
 * @param module the binary for that kind of memory; of the other kind it does not link
 */
export function wasmCore(memory: WebAssembly.Memory, module: WebAssembly.Module): Core {
  const { instance } = instantiateSync(module, { env: { memory } });
  // The binary's exports are this interface: a test compares the two lists name by name.
  return instance.exports as unknown as Core;
}
