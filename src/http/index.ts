/**
 * Health, metrics and admin over web-standard `Request` and `Response`: `tidegate/http`.
 *
 * @module
 */

export type { Handler } from './handler.ts';
export type { HandlerOptions } from './options.ts';
export { createHandler } from './with-page.ts';
