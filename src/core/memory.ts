/**
 * The bytes of a lifecycle: how they are allocated, and how other bytes are told apart from ours. It
 * does not know what the words mean beyond magic, version and capacities.
 *
 * @module
 */

import {
  AT_MAGIC,
  AT_MEMBER_CAPACITY,
  AT_VERSION,
  CHECK_CAPACITY,
  MAGIC,
  MEMBER_CAPACITY,
  PAGES,
  REPORT_CAPACITY,
  STAGE_CAPACITY,
  VERSION,
} from '../../assembly/layout.ts';
import { added } from './backends.ts';

/** Bytes of one lifecycle. */
export const MEMORY_BYTES: number = PAGES * 65_536;

/**
 * `WebAssembly.Memory`; to a program that is compiled without the DOM library, and so without that
 * name, what is looked at here.
 *
 * @internal
 */
export type WasmMemory = typeof globalThis extends {
  WebAssembly: { Memory: { prototype: infer T } };
}
  ? T
  : { readonly buffer: ArrayBufferLike };

/**
 * Where a lifecycle lives. `wasm` is absent where there is no WebAssembly (`node --jitless`); the
 * atomics backend then works on a bare buffer.
 */
export interface CoreMemory {
  readonly buffer: ArrayBufferLike;
  readonly wasm: WasmMemory | undefined;
  readonly shared: boolean;
}

/** The upper limits, in the order of the header's capacities: loops run as far as those say. */
const CAPACITIES: readonly number[] = [
  MEMBER_CAPACITY,
  STAGE_CAPACITY,
  REPORT_CAPACITY,
  CHECK_CAPACITY,
];

/** As far as {@link adopt} reads. */
const HEADER_BYTES = AT_MEMBER_CAPACITY + CAPACITIES.length * 4;

/** Why a value is not a lifecycle's memory. */
export type Refusal = 'not_tidegate' | 'layout_version';

/**
 * Why memory made here cannot be posted to another thread; `undefined` where it can. Servers do not
 * have the flag of pages at all, and nor do isolates on the edge, which have no other thread.
 *
 * @see https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated
 */
export function whyNotShared(): string | undefined {
  if (added.alone) return 'an edge isolate has no other thread';
  // Deno's library has no such name, and would not let globalThis pass for something that has.
  const scope = globalThis as { readonly crossOriginIsolated?: boolean };
  // Checked first: the headers that this error asks for bring SharedArrayBuffer, too.
  if (scope.crossOriginIsolated === false) return 'this page is not cross-origin isolated';
  return typeof SharedArrayBuffer === 'function'
    ? undefined
    : 'this runtime has no SharedArrayBuffer';
}

/**
 * Zeroed memory of {@link MEMORY_BYTES}, for any backend.
 *
 * @throws RangeError if the address space is too small: engines reserve 8 GiB of addresses and more
 */
export function allocate(shared: boolean): CoreMemory {
  if (typeof WebAssembly !== 'object') return allocatePlain(shared);
  const wasm = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared });
  return { buffer: wasm.buffer, wasm, shared };
}

/** The same without WebAssembly, for the atomics backend alone. */
export function allocatePlain(shared: boolean): CoreMemory {
  const buffer = shared ? new SharedArrayBuffer(MEMORY_BYTES) : new ArrayBuffer(MEMORY_BYTES);
  return { buffer, wasm: undefined, shared };
}

/** Wraps memory that another thread has posted, after a look at its header. */
export function adopt(value: unknown): CoreMemory | Refusal {
  const inside =
    typeof WebAssembly === 'object' && got(WebAssembly.Memory.prototype, 'buffer', value);
  // The getter took it for a memory.
  const wasm = inside ? (value as WasmMemory) : undefined;
  const buffer = (inside || value) as SharedArrayBuffer;
  if (typeof SharedArrayBuffer !== 'function') return 'not_tidegate';
  // Other versions may have other sizes: anything large enough for a header is asked for its version.
  const bytes = got(SharedArrayBuffer.prototype, 'byteLength', buffer);
  if (typeof bytes !== 'number' || bytes < HEADER_BYTES) return 'not_tidegate';
  const words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
  if (Atomics.load(words, AT_MAGIC >> 2) !== MAGIC) return 'not_tidegate';
  if (Atomics.load(words, AT_VERSION >> 2) !== VERSION) return 'layout_version';
  if (bytes !== MEMORY_BYTES) return 'not_tidegate';
  const isSound = CAPACITIES.every((most, index) => {
    const capacity = Atomics.load(words, (AT_MEMBER_CAPACITY >> 2) + index);
    return capacity >= 1 && capacity <= most;
  });
  if (!isSound) return 'not_tidegate';
  return { buffer, wasm, shared: true };
}

/**
 * What a class says of an object of its own, even if that comes from another realm, where `instanceof` is
 * false: what a thread posts to a test under Jest does.
 */
function got(prototype: object, name: string, value: unknown): unknown {
  try {
    return Reflect.get(prototype, name, value);
  } catch {
    return undefined;
  }
}
