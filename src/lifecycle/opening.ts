/**
 * How a thread gets its memory and the backend over it, or the reason why it cannot. There is no
 * fallback from one backend to the other.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import type { Backend, Core } from '../core/core.ts';
import { allocate, allocatePlain, type CoreMemory } from '../core/memory.ts';
import { wasmCore } from '../core/wasm.ts';
import { LifecycleError } from './errors.ts';

/** Memory that both backends can use, if it can be had; otherwise memory for the atomics backend. */
export function memoryFor(backend: Backend, shared: boolean): CoreMemory {
  try {
    return allocate(shared);
  } catch (cause) {
    if (backend === 'atomics') return allocatePlain(shared);
    throw new LifecycleError(
      'memory_unavailable',
      // Engines reserve 8 GiB of addresses and more for it.
      "Cannot allocate WebAssembly memory: not enough address space (ulimit -v); use backend: 'atomics'",
      { cause },
    );
  }
}

/** The backend over a memory. @throws {LifecycleError} `backend_missing`, `wasm_unavailable` */
export function openCore({ buffer, wasm, shared }: CoreMemory, backend: Backend): Core {
  if (backend === 'atomics') {
    if (added.atomics !== undefined) return added.atomics(buffer);
    throw new LifecycleError(
      'backend_missing',
      "Cannot use the atomics backend: call useAtomics() from 'tidegate/atomics'",
    );
  }
  let why = "there is no WebAssembly here; use backend: 'atomics'";
  let cause: unknown;
  if (wasm === undefined && typeof WebAssembly === 'object') {
    why = "the memory was made without it; use backend: 'atomics'";
  }
  try {
    if (wasm && added.module) return wasmCore(wasm, added.module(shared));
  } catch (thrown) {
    why = "a page needs 'wasm-unsafe-eval' in its CSP, an edge isolate the condition 'workerd'";
    cause = thrown;
  }
  throw new LifecycleError('wasm_unavailable', `Cannot use the wasm backend: ${why}`, { cause });
}
