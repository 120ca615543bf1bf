/**
 * A composed service, the same source on Node, Deno and Bun: a database, a cache beside it, an API
 * over both, and an admin port that listens from the start on. It says what happens, a JSON object a
 * line. The call is as in the documents: awaited at the top level, without a `catch`.
 *
 * @module
 */

import process from 'node:process';
import { compose, type StartContext } from '../../src/compose.ts';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** What the API does as it starts, as JSON in `SERVICE`. */
export interface ComposedOptions {
  readonly api: 'starts' | 'waits' | 'fails' | 'hangs';
}

const { api } = JSON.parse(process.env.SERVICE ?? '{}') as ComposedOptions;

const lifecycle = Lifecycle.create();
door.handleSignals(lifecycle);
lifecycle.onShutdown((event) => {
  if (event.type === 'stopped') {
    const { failed, trigger, steps } = event.report;
    const ends = steps.map(({ name, status }) => `${name} ${status}`);
    say('stopped', { failed, trigger, steps: ends });
  }
});
const health = createHandler(lifecycle);
const server = await door.serve({
  lifecycle,
  fetch: async (request) => (await health(request)) ?? new Response('hello'),
  hostname: '127.0.0.1',
});
say('listening', { runtime, pid: process.pid, port: server.port });

/** Until the signal says that it is not wanted any more. */
function aborted({ signal }: StartContext): Promise<never> {
  return new Promise((_, reject) => {
    // Something to wait for, as a boot has: a socket, or a timer.
    const timer = setInterval(() => {}, 1_000);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      say('aborted', { name: (signal.reason as Error).name });
      reject(signal.reason);
    });
  });
}

async function startApi(context: StartContext): Promise<void> {
  say('starting', { name: 'api' });
  if (api === 'fails') throw new Error('planned');
  if (api !== 'starts') await aborted(context);
}

await compose(lifecycle, {
  database: {
    start: async () => 'database',
    stop: (value) => say('stop', { name: value, phase: lifecycle.phase() }),
  },
  cache: {
    start: () => 'cache',
    stop: (value) => say('stop', { name: value, phase: lifecycle.phase() }),
  },
  api: {
    needs: ['database', 'cache'],
    start: startApi,
    stop: () => say('stop', { name: 'api', phase: lifecycle.phase() }),
    ...(api === 'hangs' && { timeoutMs: 50 }),
  },
});
say('ready');
