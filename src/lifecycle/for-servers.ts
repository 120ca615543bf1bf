/**
 * The lifecycle with both backends and the numbers of threads: what servers load. It is the same
 * class.
 *
 * @module
 */

import { useEmbedded } from '../core/embedded.ts';
import { useAtomics } from '../core/use-atomics.ts';
import { useLeases } from './leases.ts';
import { Lifecycle as NoBackend } from './lifecycle.ts';
import { useListeners } from './listeners.ts';
import { useThreadNumbers } from './thread.ts';

/** The class, which can then be asked for either backend. */
export const Lifecycle: typeof NoBackend = /* @__PURE__ */ forServers();
/** The lifecycle of this process, as one of its threads has it. */
export type Lifecycle = NoBackend;

// A value and not a statement: a bundler drops it, and the backends, where nobody uses the class.
function forServers(): typeof NoBackend {
  useEmbedded();
  useAtomics();
  useThreadNumbers();
  useListeners();
  useLeases();
  return NoBackend;
}
