/**
 * A small service that the tests start as a process of its own, the same source on Node, Deno and
 * Bun. It tells its parent what happens, a JSON object a line.
 *
 * @module
 */

import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import type { FetchHandler, ServeOptions, Server, SignalOptions } from '../../src/runtime/node.ts';
import { door, runtime, say } from './door.ts';

/** How the parent configures it, as JSON in `SERVICE`. */
export interface ServiceOptions {
  /** Milliseconds each step takes; -1 hangs, -2 fails, -3 ends when `/step-ends` is asked for. */
  readonly steps?: Readonly<Record<string, number>>;
  readonly budgetMs?: number;
  readonly preDrainMs?: number;
  readonly serve?: Partial<Pick<ServeOptions, 'lingerMs' | 'inFlightTimeoutMs'>>;
  readonly signals?: Pick<SignalOptions, 'exit'>;
  /** Milliseconds that the loop is blocked at the very moment of Stopped. */
  readonly blockAtStoppedMs?: number;
  /** Opens `/admin`, which else is open to all. */
  readonly adminToken?: string;
  readonly port?: number;
  /** Stages of the boot, which begins when it listens, with the milliseconds that each takes. */
  readonly boot?: Readonly<Record<string, number>>;
  /** What it says at first of why it is not ready; it then stays so until a stage begins. */
  readonly reason?: string;
  /** The server is not given to `handleSignals`. */
  readonly isUnlisted?: boolean;
}

const options = JSON.parse(process.env.SERVICE ?? '{}') as ServiceOptions;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const lifecycle = Lifecycle.create();
let endStep: () => void = () => {};
const told = new Promise<void>((resolve) => {
  endStep = resolve;
});
lifecycle.pipeline({
  budgetMs: options.budgetMs ?? 10_000,
  preDrainMs: options.preDrainMs ?? 0,
  steps: Object.entries(options.steps ?? { flush_wal: 0 }).map(([name, ms]) => ({
    name,
    async run() {
      say('step', { name });
      if (ms === -1) await new Promise(() => {});
      if (ms === -2) throw new Error('planned');
      if (ms === -3) await told;
      await sleep(ms);
      say('step_end', { name });
    },
  })),
});
lifecycle.onTransition(({ to }) => {
  say('phase', { to });
  if (to === Phase.Stopped) {
    say('stopped');
    block(options.blockAtStoppedMs ?? 0);
  }
});

const { adminToken } = options;
const admin = createHandler(lifecycle, adminToken ? { adminToken } : { openAdmin: true });

const fetch: FetchHandler = async (request) => {
  const url = new URL(request.url);
  const ms = Number(url.searchParams.get('ms') ?? 0);
  switch (url.pathname) {
    case '/fast':
      return new Response('fast');
    case '/slow':
      say('slow_begins');
      await sleep(ms);
      return new Response('slow');
    case '/late':
      say('late_begins');
      await lifecycle.waitFor(Phase.Stopped);
      await sleep(ms);
      say('late_ends');
      return new Response('late');
    case '/step-ends':
      endStep();
      return new Response('told');
    case '/write':
      await lifecycle.gate.run('write', () => sleep(ms));
      return new Response('written');
    case '/drip':
      return new Response(drip(Number(url.searchParams.get('chunks') ?? 5), ms));
    case '/echo':
      return new Response(await request.arrayBuffer(), {
        headers: { 'x-method': request.method, 'x-twice': request.headers.get('x-twice') ?? '' },
      });
    case '/unread':
      return new Response('unread', { status: 413 });
    case '/throw':
      throw new Error('planned');
    case '/wrong':
      return 'not a response' as unknown as Response;
    case '/redirect':
      return Response.redirect('http://example.com/', 302);
    case '/cookies': {
      const response = new Response(null, { status: 204 });
      response.headers.append('set-cookie', 'a=1');
      response.headers.append('set-cookie', 'b=2');
      return response;
    }
    case '/broken':
      return new Response(broken());
    case '/begin':
      lifecycle.beginShutdown();
      setTimeout(() => {
        say('finish');
        lifecycle.finishShutdown(REPORT);
      }, ms);
      return new Response('begun');
    case '/big':
      return new Response(new Uint8Array(ms * 1_000_000).fill(97));
    case '/serve':
      try {
        const port = Number(url.searchParams.get('port'));
        second = await door.serve({
          lifecycle,
          port,
          hostname: '127.0.0.1',
          fetch: lateAnswer,
          kindOf: () => null,
        });
        return Response.json({ port: second.port });
      } catch (error) {
        return new Response(String(error));
      }
    case '/close-second':
      await Promise.all([second?.close(), second?.close(), second?.closed]);
      return new Response('closed');
    default:
      return admin(request);
  }
};

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

let second: Server | undefined;

async function lateAnswer(request: Request): Promise<Response> {
  await sleep(Number(new URL(request.url).searchParams.get('ms') ?? 0));
  return new Response('second');
}

const REPORT = {
  flushedWal: false,
  finalCheckpoint: false,
  backupUploaded: false,
  durationMs: 0,
  startedAtMs: 0,
  completedAtMs: 0,
};

const server = await door.serve({
  lifecycle,
  fetch,
  hostname: '127.0.0.1',
  // Closing is what is looked at here, and what is counted in admission.test.ts.
  kindOf: () => null,
  port: options.port ?? 0,
  ...options.serve,
});
door.handleSignals(lifecycle, {
  servers: options.isUnlisted === true ? [] : [server],
  ...options.signals,
});
// After the listener that accepts.
process.on('SIGTERM', () => say('accepted'));
if (options.reason !== undefined) lifecycle.setStartingReason(options.reason);
const boot = Object.entries(options.boot ?? {});
if (boot.length === 0 && options.reason === undefined) lifecycle.markReady();
server.closed.then(() => say('closed'));
say('listening', { runtime, pid: process.pid, url: server.url, port: server.port });
for (const [name, ms] of boot) await lifecycle.stage(name).run(() => sleep(ms));
if (boot.length > 0) lifecycle.markReady();

function drip(chunks: number, ms: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        if (sent === chunks) return controller.close();
        if (sent > 0) await sleep(ms);
        sent += 1;
        controller.enqueue(new Uint8Array(1000).fill(97));
      },
      cancel: () => say('cancelled'),
    },
    { highWaterMark: 0 },
  );
}

function broken(): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      sent += 1;
      await sleep(20);
      if (sent === 1) controller.enqueue(new Uint8Array(10).fill(97));
      else controller.error(new Error('planned'));
    },
  });
}
