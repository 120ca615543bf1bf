/**
 * With Node's own types: its servers, frameworks and workers take and give what ours do. To be
 * compiled, not run.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { Lifecycle } from 'tidegate';
import { lifecycle as installed } from 'tidegate/auto';
import { createHandler } from 'tidegate/http';
import { type NodeServeOptions, serve, toNodeListener, watchWorker } from 'tidegate/node';

const lifecycle = Lifecycle.create();
const listener = toNodeListener(createHandler(lifecycle), { lifecycle });

/** What Connect and Express call middleware. */
type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export const middleware: Middleware = listener;
export const servers: readonly Server[] = [
  createServer(listener),
  createServer((req, res) => listener(req, res, () => res.end('not a probe'))),
];

/** A framework made for `node:http`, behind the handler. */
export async function behind(app: (req: IncomingMessage, res: ServerResponse) => void) {
  const options: NodeServeOptions = { lifecycle, fetch: createHandler(lifecycle), listener: app };
  return (await serve(options)).closed;
}

/** The lifecycle of a process that has it installed by a flag is one like any other. */
export const both: readonly Lifecycle[] = [lifecycle, installed];

/** A worker that has the lifecycle, and whose exit gives back what it had. */
export function work(): () => void {
  return watchWorker(lifecycle, new Worker('./worker.js', { workerData: lifecycle.share() }));
}
