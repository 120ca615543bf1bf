/**
 * `tidegate/http` on workerd and in bundles for browsers: without the status page.
 *
 * @module
 */

export { createHandler, type Handler } from './handler.ts';
export type { HandlerOptions } from './options.ts';
