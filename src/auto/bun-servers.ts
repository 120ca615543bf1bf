/**
 * Adopts every server that the program opens with `Bun.serve`, which it replaces; that includes the
 * server that Bun opens for a default export. Static routes, which Bun answers by itself, and
 * handlers that are later given to `reload` are not admitted.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { BunFront, type BunServer } from '../runtime/bun-server.ts';
import { checkServe, type RequestInfo } from '../runtime/options.ts';
import type { Before } from './before.ts';
import { isOpening } from './node-servers.ts';

type Handler = (this: unknown, request: Request, server: BunServer) => unknown;

interface BunOptions {
  readonly fetch?: Handler;
  readonly error?: (error: unknown) => unknown;
  readonly routes?: Readonly<Record<string, unknown>>;
  readonly tls?: unknown;
  readonly unix?: string;
  readonly websocket?: object;
}

interface BunNamespace {
  serve(options: BunOptions): BunServer;
}

/** What is known of a request, and what answers it: each route has a handler of its own. */
interface RoutedInfo extends RequestInfo {
  readonly handler: Handler;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

/** Replaces it, where there is one. @param opened hears of each, when it listens */
export function adoptBunServers(lifecycle: Lifecycle, before: Before, opened: () => void): void {
  const { Bun } = globalThis as { readonly Bun?: BunNamespace };
  if (Bun === undefined) return;
  const { serve } = Bun;
  const replaced = (options: BunOptions): BunServer => {
    // Servers of Node are adopted as such. Bun says what is wrong with the rest.
    if (isOpening() || typeof options !== 'object' || options === null) {
      return Reflect.apply(serve, Bun, [options]);
    }
    const answer = before((request, info) => {
      // It was put there below.
      const { handler, native } = info as RoutedInfo;
      return Reflect.apply(handler, native, [request, native]);
    });
    const { fetch = notFound, routes, tls, unix, websocket } = options;
    const checked = checkServe({ lifecycle, fetch: answer, onError: options.error });
    const front = new BunFront(checked, websocket);
    const admitted =
      (handler: Handler) =>
      (request: Request, server: BunServer): Response | undefined | Promise<Response | undefined> =>
        front.answer(request, server, { handler });
    const server = Reflect.apply(serve, Bun, [
      {
        ...options,
        fetch: admitted(fetch),
        ...(websocket === undefined ? {} : { websocket: front.sockets.handler }),
        ...(routes === undefined ? {} : { routes: mapped(routes, admitted) }),
      },
    ]);
    const scheme = tls === undefined ? 'http' : 'https';
    front.guard(server, { scheme, path: unix });
    opened();
    return server;
  };
  Bun.serve = replaced as BunNamespace['serve'];
}

/** Routes with their functions replaced; those by method, too. */
function mapped(
  routes: Readonly<Record<string, unknown>>,
  admitted: (handler: Handler) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(routes).map(([path, route]): [string, unknown] => {
    if (typeof route === 'function') return [path, admitted(route as Handler)];
    const isByMethod =
      typeof route === 'object' &&
      route !== null &&
      Object.keys(route).some((name) => METHODS.includes(name));
    return [path, isByMethod ? mapped(route as Record<string, unknown>, admitted) : route];
  });
  return Object.fromEntries(entries);
}

function notFound(): Response {
  return new Response(null, { status: 404 });
}
