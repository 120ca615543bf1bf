/**
 * `tidegate/http` on workerd and in bundles for browsers: without the status page.
 *
 * @module
 */

export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
