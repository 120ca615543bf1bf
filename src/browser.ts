/**
 * `tidegate` in a browser: the values of `index.ts`, whose types it has, without the atomics
 * backend (see `tidegate/atomics`).
 *
 * @module
 */

export { GateClosedError, LifecycleError } from './lifecycle/errors.ts';
export { Lifecycle } from './lifecycle/lifecycle.ts';
export {
  acceptsQueries,
  acceptsWrites,
  Phase,
  phaseFromU8,
  phaseName,
} from './lifecycle/phase.ts';
