/**
 * The lifecycle with the imported binary as its only backend: what an isolate loads. It is the same
 * class.
 *
 * @module
 */

import { useImported } from '../core/imported.ts';
import { Lifecycle as NoBackend } from './lifecycle.ts';

/** The class, which can then be asked for the wasm backend, on memory of its own. */
export const Lifecycle: typeof NoBackend = /* @__PURE__ */ forEdge();
/** The lifecycle of this isolate. */
export type Lifecycle = NoBackend;

// A value and not a statement: a bundler drops it, and the binary, where nobody uses the class.
function forEdge(): typeof NoBackend {
  useImported();
  return NoBackend;
}
