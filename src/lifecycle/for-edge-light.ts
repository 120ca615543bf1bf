/**
 * The lifecycle with the atomics backend as its only backend and the default: what an isolate loads
 * whose bundler imports no `.wasm` file and which compiles no bytes. It is the same class.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { useAtomics } from '../core/use-atomics.ts';
import { Lifecycle as NoBackend } from './lifecycle.ts';

/** The class, which is on the atomics backend, and memory of its own, unless it is asked otherwise. */
export const Lifecycle: typeof NoBackend = /* @__PURE__ */ forEdgeLight();
export type Lifecycle = NoBackend;

// A value and not a statement: a bundler drops it, and the backend, where nobody uses the class.
function forEdgeLight(): typeof NoBackend {
  useAtomics();
  added.usual = 'atomics';
  added.alone = true;
  return NoBackend;
}
