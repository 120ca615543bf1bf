/**
 * `tidegate` in a browser: what `index.ts` has, without the atomics backend (see
 * `tidegate/atomics`). Bundlers for browsers take it for `tidegate`; `tidegate/browser` asks for it by
 * name.
 *
 * @module
 */

export type * from './index.ts';
export { GateClosedError, LeavingError, LifecycleError } from './lifecycle/errors.ts';
export {
  acceptsQueries,
  acceptsWrites,
  Phase,
  phaseFromU8,
  phaseName,
} from './lifecycle/phase.ts';
export { Lifecycle } from './lifecycle/with-embedded.ts';
