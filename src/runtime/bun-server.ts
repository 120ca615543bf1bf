/**
 * A server of `Bun.serve`, whoever opens it: what answers its requests, and how it closes. It opens none.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { truthful } from './coding.ts';
import { Front } from './front.ts';
import { type CheckedOptions, type Server, urlOf } from './options.ts';
import { opened } from './serving.ts';

/** A server of Bun, as far as it is used here. */
export interface BunServer {
  readonly hostname?: string;
  readonly port?: number;
  readonly pendingRequests: number;
  stop(closeActiveConnections?: boolean): Promise<void>;
  timeout(request: Request, seconds: number): void;
  requestIP(request: Request): { readonly address: string } | null;
}

/** What Bun's fetch() decodes, and leaves in the head for its server to send. */
const DECODED = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** What answers the requests of one server of Bun. */
export function frontFor(options: CheckedOptions): Front {
  return new Front(options, (response) => truthful(response, DECODED));
}

/** A server of Bun that closes when the lifecycle is Stopped. */
export function guarded(
  front: Front,
  lifecycle: Lifecycle,
  server: BunServer,
  { scheme, path }: { readonly scheme: string; readonly path: string | undefined },
): Server {
  const closing = front.guard({
    // Sockets that never sent a byte outlive stop(), and so would the process.
    finish: () => server.stop().then(() => server.stop(true)),
    isBusy: () => server.pendingRequests > 0,
    cut: () => void server.stop(true),
  });
  const place = { hostname: server.hostname ?? path ?? '', port: server.port ?? 0 };
  return opened(lifecycle, {
    url: path === undefined ? urlOf(place.hostname, place.port, scheme) : `unix:${path}`,
    ...place,
    close: () => closing.close(),
    closed: closing.closed,
  });
}
