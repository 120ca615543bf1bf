/**
 * What the tests of the handler share: the routes, a lifecycle in each phase on a clock that is set
 * by hand, and answers taken apart. It claims nothing itself.
 *
 * @module
 */

import type { Handler, HandlerOptions } from '../../src/http/index.ts';
import { createHandler } from '../../src/http/index.ts';
import { type Backend, Lifecycle, type Phase } from '../../src/index.ts';
import { HandClock, inPhase } from '../conformance/suite.ts';

export const BACKENDS: readonly Backend[] = ['wasm', 'atomics'];
/** Wire names, by value of the phase. */
export const PHASES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'] as const;
/** What a Request can have as its method; the last one is nobody's. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE'];
export const TOKEN = 'correct-horse-battery-staple';
export const BEARER: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` };

export const PROBES = ['/health/live', '/health/ready', '/health/ready/write', '/health/startup'];
export const READS = [...PROBES, '/metrics', '/admin/status'];
export const CALLS = ['/admin/drain', '/admin/shutdown', '/admin/readonly'];
export const ROUTES: readonly string[] = [...READS, ...CALLS];

/** An answer, taken apart. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: unknown;
}

/** A lifecycle, its clock and its handler. */
export interface Room {
  readonly lifecycle: Lifecycle;
  readonly clock: HandClock;
  readonly handler: Handler;
}

/** Creation at 1 000, and half a second from each phase to the next. */
export function room(
  backend: Backend = 'wasm',
  phase: Phase = 0,
  options: HandlerOptions = { adminToken: TOKEN },
): Room {
  const clock = new HandClock(1_000);
  const lifecycle = Lifecycle.create({ backend, clock: clock.read });
  for (let next = 1; next <= phase; next++) {
    clock.now += 500;
    inPhase(lifecycle, next);
  }
  return { lifecycle, clock, handler: createHandler(lifecycle, options) };
}

/** Asks the handler, which must take this request for its own. */
export async function ask(
  handler: Handler,
  method: string,
  path: string,
  init: Omit<RequestInit, 'method'> = {},
): Promise<Seen> {
  const response = await handler(new Request(`http://localhost${path}`, { ...init, method }));
  if (response === undefined) throw new Error(`${method} ${path} was taken for somebody else's`);
  return taken(response);
}

/** Takes a response apart. */
export async function taken(response: Response): Promise<Seen> {
  const text = await response.text();
  const headers = Object.fromEntries(response.headers);
  const isJson = text !== '' && headers['content-type'] === 'application/json';
  return { status: response.status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}

/** All headers of an answer in JSON. */
export function jsonHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { 'content-type': 'application/json', 'cache-control': 'no-store', ...more };
}

/** All that a request could change of a lifecycle, to be compared: heartbeats come by themselves. */
export function stateOf(lifecycle: Lifecycle): string {
  return JSON.stringify(lifecycle.snapshot(), (key, value: unknown) =>
    key === 'lastBeatAtMs' ? undefined : value,
  );
}

/** `basic('token')` is what a browser sends whose user typed `token` as the password. */
export function basic(password: string, user = 'anybody'): Readonly<Record<string, string>> {
  return { authorization: `Basic ${btoa(`${user}:${password}`)}` };
}
