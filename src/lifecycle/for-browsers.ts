/**
 * The lifecycle with the embedded binary as its only backend: what a page loads. It is the same
 * class.
 *
 * @module
 */

import { useEmbedded } from '../core/embedded.ts';
import { Lifecycle as NoBackend } from './lifecycle.ts';

/** The class, which can then be asked for the wasm backend. */
export const Lifecycle: typeof NoBackend = /* @__PURE__ */ forBrowsers();
/** The lifecycle of this process, as one of its threads has it. */
export type Lifecycle = NoBackend;

// A value and not a statement: a bundler drops it, and the binary, where nobody uses the class.
function forBrowsers(): typeof NoBackend {
  useEmbedded();
  return NoBackend;
}
