/**
 * `tidegate` in a browser: what `index.ts` has, without the atomics backend (see
 * `tidegate/atomics`). Bundlers for browsers take it for `tidegate`; `tidegate/browser` asks for it by
 * name.
 *
 * @module
 */

export type * from './index.ts';
export { Lifecycle } from './lifecycle/for-browsers.ts';
export * from './lifecycle/published.ts';
