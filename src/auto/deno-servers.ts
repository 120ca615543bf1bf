/**
 * Adopts every server that the program opens with `Deno.serve`, which it replaces. It does not see
 * what `deno serve` opens.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import {
  answerer,
  type DenoInfo,
  type DenoServer,
  frontFor,
  guarded,
} from '../runtime/deno-server.ts';
import { checkServe } from '../runtime/options.ts';
import type { Before } from './before.ts';

type Handler = (request: Request, info: DenoInfo) => unknown;

interface DenoOptions {
  readonly handler?: Handler;
  readonly onError?: (error: unknown) => unknown;
  readonly cert?: string;
  readonly onListen?: (address: unknown) => void;
}

interface DenoNamespace {
  serve(options: DenoOptions, handler: Handler): DenoServer;
}

/** Replaces it, where there is one. @param opened hears of each, when it listens */
export function adoptDenoServers(lifecycle: Lifecycle, before: Before, opened: () => void): void {
  const { Deno } = globalThis as { readonly Deno?: DenoNamespace };
  if (Deno === undefined) return;
  const { serve } = Deno;
  const replaced = (first: unknown, second?: unknown): DenoServer => {
    const options = (typeof first === 'function' ? (second ?? {}) : first) as DenoOptions;
    const given: unknown = typeof first === 'function' ? first : (second ?? options?.handler);
    // Deno says what is wrong with it.
    if (typeof given !== 'function') return Reflect.apply(serve, Deno, [first, second]);
    const handler = given as Handler;
    const front = frontFor(
      checkServe({
        lifecycle,
        fetch: before((request, { native }) => handler(request, native as DenoInfo)),
        onError: options.onError,
      }),
    );
    const server = Reflect.apply(serve, Deno, [
      { ...options, handler: undefined },
      answerer(front),
    ]);
    guarded(front, lifecycle, server, options.cert === undefined ? 'http' : 'https');
    opened();
    return server;
  };
  Deno.serve = replaced;
}
