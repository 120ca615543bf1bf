/**
 * A service with checks that do all that a check may do wrong, beside one that is well, with a probe thread.
 * It blocks its loop from a drain until a shutdown is accepted.
 *
 * @module
 */

import process from 'node:process';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from './door.ts';

const { adminToken } = JSON.parse(process.env.SERVICE ?? '{}') as { adminToken: string };
const lifecycle = Lifecycle.create();
let runs = 0;
const well = { name: 'well', everyMs: 2 ** 31 - 1 };
lifecycle.check({
  ...well,
  run: () => {
    runs += 1;
  },
});
const bad = { failures: 1, everyMs: 5, timeoutMs: 20, affects: 'nothing' } as const;
lifecycle.check({ ...bad, name: 'hangs', run: () => new Promise(() => {}) });
lifecycle.check({
  ...bad,
  name: 'throws',
  run: () => {
    throw new Error('at once');
  },
});
lifecycle.check({
  ...bad,
  name: 'rejects late',
  run: ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => setTimeout(() => reject(new Error('late')), 5));
    }),
});
lifecycle.check({
  ...bad,
  name: 'blocks',
  // Rarely, so that something else can be done.
  everyMs: 500,
  run: () => {
    const began = performance.now();
    while (performance.now() - began < 50) {
      // Nothing else of this thread goes on meanwhile.
    }
  },
});
try {
  lifecycle.check({ name: 'well', run: () => {} });
} catch (error) {
  say('refused', { code: (error as { code: string }).code });
}
const probes = await door.serveProbes({ lifecycle, adminToken });
const server = await door.serve({ lifecycle, fetch: createHandler(lifecycle) as never, port: 0 });
door.handleSignals(lifecycle);
lifecycle.markReady();
while (lifecycle.checks().filter(({ healthy }) => !healthy).length < 4) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
say('listening', { runtime, pid: process.pid, port: server.port, probes: probes.port });
await lifecycle.waitFor(2, { keepAlive: false });
say('told', { runs, checks: lifecycle.checks() });
// A turn of the loop, so that the line is out.
await new Promise((resolve) => setTimeout(resolve, 1));
while (!lifecycle.shutdownRequested()) {
  // Nothing but this thread's own loop is held up.
}
say('unblocked');
