/**
 * A program that uses every export of `tidegate/http`, whatever `Request` is. To be compiled, not
 * run.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { createHandler, type Handler, type HandlerOptions } from 'tidegate/http';

const options: HandlerOptions = {
  adminToken: 'a-long-secret',
  openAdmin: false,
  readyWhileDraining: true,
  metricsToken: 'another-secret',
  basePath: '/internal',
};

/** Asks our handler first. */
export async function answer(request: Parameters<Handler>[0]): Promise<number> {
  const handler: Handler = createHandler(Lifecycle.create(), options);
  const response = await handler(request);
  return response === undefined ? request.url.length : response.status;
}
