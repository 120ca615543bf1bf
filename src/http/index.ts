/**
 * Health, metrics and admin over web-standard `Request` and `Response`: `tidegate/http`.
 *
 * @module
 */

export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
