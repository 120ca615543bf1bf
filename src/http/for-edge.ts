/**
 * `tidegate/http` on workerd and in bundles for browsers: without the status page.
 *
 * @module
 */

export type { AskedBy, Audit, AuditEvent } from './audit.ts';
export { createHandler, type Handler } from './handler.ts';
export { metricsText } from './metrics.ts';
export type { HandlerOptions, ServiceName } from './options.ts';
export type { ProbePaths } from './paths.ts';
