/**
 * Requests as tests write them, and what comes back in a form that can be compared.
 *
 * @module
 */

import { createHandler, type Handler, type HandlerOptions } from '../../src/http/index.ts';
import { type Backend, Lifecycle, type Phase } from '../../src/index.ts';

export const TOKEN = 'a-token-of-the-operator';
export const BACKENDS: readonly Backend[] = ['wasm', 'atomics'];
export const PHASES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'] as const;

export const REPORT = Object.freeze({
  flushedWal: true,
  finalCheckpoint: true,
  backupUploaded: false,
  durationMs: 12,
  startedAtMs: 1_000,
  completedAtMs: 1_012,
});

/** A pre-drain that only its probes end: a test in which they do not count never ends. */
export const UNTIL_TOLD = Object.freeze({ preDrainMs: 600_000, budgetMs: 1_200_000 });

/** A response, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A handler over its lifecycle. */
export class Subject {
  readonly lifecycle: Lifecycle;
  readonly #handler: Handler;

  constructor(options: HandlerOptions = { adminToken: TOKEN }, backend: Backend = 'wasm') {
    this.lifecycle = Lifecycle.create({ backend });
    this.#handler = createHandler(this.lifecycle, options);
  }

  /** By way of all phases before it. */
  in(phase: number): this {
    const { lifecycle } = this;
    if (phase >= 1) lifecycle.markReady();
    if (phase >= 2) lifecycle.markDraining();
    if (phase >= 3) lifecycle.beginShutdown();
    if (phase >= 4) lifecycle.finishShutdown(REPORT);
    return this;
  }

  /** `undefined` if the path is not the handler's. */
  async ask(
    path: string,
    init: RequestInit & { readonly token?: string | null } = {},
  ): Promise<Reply> {
    const reply = await this.tryAsk(path, init);
    if (reply === undefined) throw new Error(`${path} is not the handler's`);
    return reply;
  }

  async tryAsk(
    path: string,
    { token = TOKEN, ...init }: RequestInit & { readonly token?: string | null } = {},
  ): Promise<Reply | undefined> {
    const headers = new Headers(init.headers);
    if (token !== null && !headers.has('authorization')) {
      headers.set('authorization', `Bearer ${token}`);
    }
    return this.send(new Request(`http://service.test${path}`, { ...init, headers }));
  }

  async send(request: Request): Promise<Reply | undefined> {
    const response = await this.#handler(request);
    if (response === undefined) return undefined;
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  /** All that a request could change. */
  state(): string {
    const { members, ...seen } = this.lifecycle.snapshot();
    return JSON.stringify([seen, members.length]);
  }
}

/** The name of a phase on the wire. */
export function named(phase: Phase | number): string {
  return PHASES[phase] ?? '';
}
