/**
 * `tidegate` in an isolate on the edge (the export condition `workerd`): the values of `index.ts`,
 * whose types it has, over the imported binary and without the atomics backend (see
 * `tidegate/atomics`).
 *
 * @module
 */

export { GateClosedError, LeavingError, LifecycleError } from './lifecycle/errors.ts';
export {
  acceptsQueries,
  acceptsWrites,
  Phase,
  phaseFromU8,
  phaseName,
} from './lifecycle/phase.ts';
export { Lifecycle } from './lifecycle/with-imported.ts';
