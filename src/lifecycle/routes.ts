/**
 * Which paths are the handlers' own, and what they say there, for whoever serves them: a probe need not
 * wait for a `Request` that nobody looks at, and none of these requests counts as the application's.
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
  /** Whether a path, without its query, is one of them. */
  has(path: string): boolean;
  /** The answer, where nothing more has to be known; else `undefined`. */
  answer(method: string, path: string, userAgent: string | null): PlainAnswer | undefined;
}

const ofHandlers: WeakMap<object, OwnRoutes> = new WeakMap();
const ofLifecycles: WeakMap<object, OwnRoutes[]> = new WeakMap();

/** Notes the routes of a handler that was made for a lifecycle. */
export function noteRoutes(lifecycle: object, handler: object, routes: OwnRoutes): void {
  ofHandlers.set(handler, routes);
  ofLifecycles.set(lifecycle, [...(ofLifecycles.get(lifecycle) ?? []), routes]);
}

/** The routes of a handler, if it is one of ours. */
export function routesOf(handler: object): OwnRoutes | undefined {
  return ofHandlers.get(handler);
}

/** Whether a path is a route of any handler that this thread has made for a lifecycle. */
export function isOwnRoute(lifecycle: object, path: string): boolean {
  return ofLifecycles.get(lifecycle)?.some((routes) => routes.has(path)) ?? false;
}
