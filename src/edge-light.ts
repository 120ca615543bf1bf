/**
 * `tidegate` in an isolate whose bundler imports no `.wasm` file (the export conditions `edge-light` and
 * `wintercg`: Vercel's edge runtime, Nitro's presets for workers): the values of `index.ts`, whose
 * types it has, over the atomics backend alone. `lifecycle.backend` says so.
 *
 * @module
 */

export { Lifecycle } from './lifecycle/for-edge-light.ts';
export * from './lifecycle/published.ts';
