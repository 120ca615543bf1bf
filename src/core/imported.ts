/**
 * The binary as a module that the runtime imports. The edge compiles no bytes, but has compiled
 * `.wasm` imports before the first request. The binary is the one for unshared memory, because an
 * isolate has one thread.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/webassembly/javascript/
 * @module
 */

import { added } from './backends.ts';
import module from './core.unshared.wasm';

/** Brings the binary, and says that there is nobody to share memory with. */
export function useImported(): void {
  added.module = () => module;
  added.alone = true;
}
