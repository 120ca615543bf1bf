/**
 * The lifecycle with both backends at hand: what every entry point but the browser's gives. It is
 * the same class.
 *
 * @module
 */

import { useAtomics } from '../core/use-atomics.ts';
import { Lifecycle as OneBackend } from './lifecycle.ts';

/** The class, which can then be asked for either backend. */
export const Lifecycle: typeof OneBackend = /* @__PURE__ */ withAtomics();
export type Lifecycle = OneBackend;

// A value and not a statement: a bundler drops it, and the backend, where nobody uses the class.
function withAtomics(): typeof OneBackend {
  useAtomics();
  return OneBackend;
}
