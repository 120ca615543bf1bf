/**
 * `tidegate` in an isolate whose bundler imports no `.wasm` file (the export conditions
 * `edge-light` and `wintercg`: Vercel's edge runtime, Nitro's presets for workers): the same
 * exports and types as `index.ts`, with the atomics backend only. `lifecycle.backend` says so.
 *
 * @module
 */

export { Lifecycle } from './lifecycle/for-edge-light.ts';
export * from './lifecycle/published.ts';
