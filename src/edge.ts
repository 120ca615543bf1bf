/**
 * `tidegate` in an isolate on the edge (the export condition `workerd`): the same exports and types
 * as `index.ts`, with the imported binary and without the atomics backend (see `tidegate/atomics`).
 *
 * @module
 */

export { Lifecycle } from './lifecycle/for-edge.ts';
export * from './lifecycle/published.ts';
