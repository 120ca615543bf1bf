/**
 * A program that uses every export of `tidegate/http`, whatever `Request` is. To be compiled, not
 * run.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import {
  type AskedBy,
  type Audit,
  type AuditEvent,
  createHandler,
  type Handler,
  type HandlerOptions,
  metricsText,
  type ProbePaths,
  type ServiceName,
} from 'tidegate/http';

const paths: Partial<ProbePaths> = { live: '/livez', ready: '/readyz' };
const service: ServiceName = { name: 'documents', version: '1.2.3' };

const acts: AuditEvent[] = [];
const audit: Audit = (event) => acts.push(event);
const asker: AskedBy = { remoteAddress: '192.0.2.1' };

const options: HandlerOptions = {
  audit,
  adminTokens: { operator: 'one-more-secret' },
  ...service,
  paths,
  adminToken: 'a-long-secret',
  openAdmin: false,
  readyWhileDraining: true,
  metricsToken: 'another-secret',
  basePath: '/internal',
};

/** What a registry of the application adds to its own. */
export const metrics = (): string => metricsText(Lifecycle.create(), service);

/** Asks our handler first. */
export async function answer(request: Parameters<Handler>[0]): Promise<number> {
  const handler: Handler = createHandler(Lifecycle.create(), options);
  const response = await handler(request, asker);
  return response === undefined ? request.url.length : response.status;
}
