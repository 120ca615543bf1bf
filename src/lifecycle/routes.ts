/**
 * The paths of the handlers and their answers, for the server in front of them. A probe need not
 * wait for a `Request` that nobody reads, and none of these requests counts as the application's.
 * It knows no server and no route.
 *
 * @module
 */

/** An answer before it is a response of some kind. */
export interface PlainAnswer {
  readonly status: number;
  /** Names in lower case and values, in turn; the length of the body is one of them. */
  readonly headers: readonly string[];
  readonly body: string;
  /** It is the last one on its connection. */
  readonly closes: boolean;
}

/** The routes of one handler. */
export interface OwnRoutes {
  /** What a path is among, without its query. */
  readonly paths: readonly string[];
  /** Whether a path is one of them. */
  has(path: string): boolean;
  /** The answer, where nothing more has to be known; else `undefined`. Knows GET, HEAD and OPTIONS. */
  answer(method: string, path: string, asker: Asker): PlainAnswer | undefined;
}

/** Who asks, as far as it is known. */
export interface Asker {
  readonly userAgent: string | null;
  readonly address?: string | undefined;
}

const ofHandlers: WeakMap<object, OwnRoutes> = new WeakMap();
const ofLifecycles: WeakMap<object, Set<string>> = new WeakMap();

/** Notes the routes of a handler that was made for a lifecycle. */
export function noteRoutes(lifecycle: object, handler: object, routes: OwnRoutes): void {
  ofHandlers.set(handler, routes);
  const paths = pathsOf(lifecycle);
  for (const path of routes.paths) paths.add(path);
}

/** The routes of a handler, if it is one of ours. */
export function routesOf(handler: object): OwnRoutes | undefined {
  return ofHandlers.get(handler);
}

/** The paths of all handlers that this thread has made for a lifecycle, and of those that it makes. */
export function ownPaths(lifecycle: object): ReadonlySet<string> {
  return pathsOf(lifecycle);
}

function pathsOf(lifecycle: object): Set<string> {
  const paths = ofLifecycles.get(lifecycle) ?? new Set();
  ofLifecycles.set(lifecycle, paths);
  return paths;
}

/**
 * The path of a request's URL, which is in its normal form already: parsing it again would cost as
 * much as the answer. It is absolute but for one case: Bun leaves a request without a host, as
 * HTTP/1.0 allows it, with a path for its address.
 */
export function pathOf(url: string): string {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('//') + 2);
  const fragment = url.indexOf('#', start);
  const end = fragment < 0 ? url.length : fragment;
  const query = url.indexOf('?', start);
  return url.slice(start, query < 0 ? end : Math.min(query, end));
}
