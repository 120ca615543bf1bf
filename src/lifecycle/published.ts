/**
 * The values that every entry point publishes in addition to its own `Lifecycle`.
 *
 * @module
 */

export { GateClosedError, LeavingError, LifecycleError } from './errors.ts';
export { acceptsQueries, acceptsWrites, Phase, phaseFromU8, phaseName } from './phase.ts';
