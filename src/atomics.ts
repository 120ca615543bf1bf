/**
 * The atomics backend for browsers, whose entry point has only the wasm backend:
 * `tidegate/atomics`.
 *
 * @module
 */

export { useAtomics } from './core/use-atomics.ts';
