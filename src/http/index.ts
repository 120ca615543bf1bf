/**
 * Health, metrics and admin over web-standard `Request` and `Response`: `tidegate/http`.
 *
 * @module
 */

export type { AskedBy, Audit, AuditEvent } from './audit.ts';
export { createHandler } from './for-servers.ts';
export type { Handler } from './handler.ts';
export { metricsText } from './metrics.ts';
export type { HandlerOptions, ServiceName } from './options.ts';
export type { ProbePaths } from './paths.ts';
