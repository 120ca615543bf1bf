/**
 * The backends that a program has available, and what it knows about its thread. Each entry point
 * adds its own when its class is first used, so no program loads a backend that it cannot use.
 *
 * | export condition | entry point | class from | backends | binary |
 * |---|---|---|---|---|
 * | `default`, `tidegate/node` … | `index.ts` | `for-servers.ts` | wasm, atomics | embedded |
 * | `browser` | `browser.ts` | `for-browsers.ts` | wasm; atomics by `useAtomics()` | embedded |
 * | `workerd` | `edge.ts` | `for-edge.ts` | wasm; atomics by `useAtomics()` | imported, unshared |
 * | `edge-light`, `wintercg` | `edge-light.ts` | `for-edge-light.ts` | atomics | none |
 *
 * @module
 */

import type { Backend, Core } from './core.ts';
import type { Contending, LeaseSnapshot } from './lease-cells.ts';

/** What was brought. */
export const added: {
  /** The core's binary, compiled for shared or unshared memory. */
  module?: (shared: boolean) => WebAssembly.Module;
  /** The atomics backend, if the entry point has it or `useAtomics` was called. */
  atomics?: (buffer: ArrayBufferLike) => Core;
  /** The backend if none is asked for, where that is not `'wasm'`. */
  usual?: Backend;
  /** True where there is one thread and never another: an isolate on the edge. */
  alone?: boolean;
  /** The tag of this thread, where threads are numbered: on servers. */
  threadTag?: () => number;
  /** Lets a signal have any number of listeners without a warning: on servers. */
  allowListeners?: (signal: AbortSignal) => void;
  /** Gives back what is kept until the last step has ended, for the lifecycle with that journal. */
  afterSteps?: (journal: object, leftMs: number) => Promise<void>;
  /** The leases in the memory of a seat: on servers, and where one was asked for. */
  leases?: {
    read(seat: object): readonly LeaseSnapshot[];
    /** Those of a member that is gone are lost. */
    orphan(seat: object, member: Contending): void;
  };
} = {};
