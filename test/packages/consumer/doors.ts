/**
 * A program that uses every export of the three runtimes' doors, without the types of any runtime.
 * To be compiled, not run.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import * as bun from 'tidegate/bun';
import * as deno from 'tidegate/deno';
import { createHandler } from 'tidegate/http';
import * as node from 'tidegate/node';

const lifecycle = Lifecycle.create();

/** The functions that all three have, and what they take and give. */
interface Door {
  serve(options: node.ServeOptions): Promise<node.Server>;
  serveProbes(options: node.ProbeServerOptions): Promise<node.ProbeServer>;
  handleSignals(lifecycle: Lifecycle, options?: node.SignalOptions): () => void;
  startHeartbeat(lifecycle: Lifecycle): () => void;
  adopt(server: node.NodeServer, options: node.AdoptOptions): Promise<node.Server>;
}

const doors: readonly Door[] = [node, deno, bun];
const fetch: node.FetchHandler = createHandler(lifecycle);
/** The types of one door are those of the others. */
export const fetches: readonly (deno.FetchHandler & bun.FetchHandler)[] = [fetch];

/** What closes with a callback, with a promise, and with a parameter that is no callback. */
const closables: readonly (node.Closable & deno.Closable & bun.Closable)[] = [
  { close: (callback?: (error?: Error) => void) => callback?.() },
  { close: () => Promise.resolve() },
  { close: async (isForced?: boolean) => isForced },
];

/** What a request is admitted as, and what its handler is told. */
const kindOf: node.KindOf & deno.KindOf & bun.KindOf = ({ method }) =>
  method === 'POST' ? 'write' : null;
const addressIn = (info: node.RequestInfo & deno.RequestInfo & bun.RequestInfo): string =>
  `${info.remoteAddress} ${info.permit?.kind}`;

/** What is known of a request by the listener of a server. */
export function about(req: node.NodeRequest): string {
  const permits = [node.permitOf(req), deno.permitOf(req), bun.permitOf(req)];
  return permits.map((permit) => permit?.kind).join();
}

/** A server that somebody else made. */
export async function adopted(
  server: node.NodeServer & deno.NodeServer & bun.NodeServer,
): Promise<string> {
  const options: deno.AdoptOptions & bun.AdoptOptions = {
    lifecycle,
    kindOf,
    fetch: (_, info) => void addressIn(info),
    lingerMs: 50,
    inFlightTimeoutMs: 10_000,
  };
  const [first] = await Promise.all(doors.map((door) => door.adopt(server, options)));
  return first?.url ?? '';
}

/** Opens and closes all there is. */
export async function open(): Promise<string[]> {
  const urls: string[] = [];
  for (const door of doors) {
    const stop = door.startHeartbeat(lifecycle);
    const server: deno.Server & bun.Server = await door.serve({
      lifecycle,
      fetch,
      port: 0,
      hostname: '127.0.0.1',
      lingerMs: 50,
      inFlightTimeoutMs: 10_000,
    } satisfies deno.ServeOptions & bun.ServeOptions);
    const last: deno.FinallyEntry & bun.FinallyEntry = {
      name: 'traces',
      run: ({ signal }) => signal.aborted,
      timeoutMs: 2_000,
    };
    const undo = door.handleSignals(lifecycle, {
      servers: [server, ...closables],
      signals: ['SIGTERM'],
      exit: false,
      finally: [last satisfies node.FinallyEntry],
      crashes: true,
      force: ['SIGINT'],
      log: ({ type, message, name, error }) => void [type, message, name, error],
    } satisfies deno.SignalOptions & bun.SignalOptions);
    const probes: deno.ProbeServer & bun.ProbeServer = await door.serveProbes({
      lifecycle,
      port: 0,
      hostname: '127.0.0.1',
      stuckAfterMs: 30_000,
      readyWhileDraining: true,
      metricsToken: 'secret',
    } satisfies deno.ProbeServerOptions & bun.ProbeServerOptions);
    urls.push(server.url, `${server.hostname}:${server.port}`, probes.url);
    urls.push(`${probes.hostname}:${probes.port}`);
    await probes.close();
    await server.close();
    await server.closed;
    undo();
    stop();
  }
  return urls;
}

const options: node.ListenerOptions = { lifecycle };
export const listener: node.NodeListener = node.toNodeListener(fetch, options);

/** What a framework hands over. */
export function mount(req: node.NodeRequest, res: node.NodeResponse): void {
  listener(req, res, () => res.end());
}

/** A worker of whatever library has these three. */
export function watch(worker: node.WatchedWorker): () => void {
  return node.watchWorker(lifecycle, worker);
}

/** Where the record of a run may be kept, on each of them. */
export const record: node.RecordStore & deno.RecordStore & bun.RecordStore = {
  read: () => null,
  write: async () => {},
};
for (const door of doors) door.handleSignals(lifecycle, { record });
