/**
 * Health, metrics and admin over web-standard `Request` and `Response`: `tidegate/http`.
 *
 * @module
 */

export type { Handler, HandlerOptions } from './handler.ts';
export { createHandler } from './with-page.ts';
