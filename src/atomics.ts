/**
 * The atomics backend for pages, which have the wasm backend alone: `tidegate/atomics`.
 *
 * @module
 */

export { useAtomics } from './core/use-atomics.ts';
