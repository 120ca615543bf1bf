/**
 * The binary as a module that the runtime imports: the edge compiles no bytes, and has compiled
 * `.wasm` imports before the first request. It is the file for unshared memory, since an isolate is
 * one thread and never gets another.
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
