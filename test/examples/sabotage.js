/**
 * Loaded into the document service before its own program (`node --import`), and heard only by the
 * test that started it: it ends, crashes and hangs the service's real threads, and blocks its main
 * loop. The service knows nothing of it.
 *
 * @module
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const channel = new BroadcastChannel('sabotage');
channel.unref();

if (isMainThread) {
  /** The service's workers that live, in the order in which they were started: the probes first. */
  const workers = [];
  process.on('worker', (worker) => {
    workers.push(worker);
    worker.once('exit', () => workers.splice(workers.indexOf(worker), 1));
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });

  const deeds = {
    terminate: async ({ reader }) => void (await workers[reader + 1].terminate()),
    crash: ({ reader }) => crashes(workers[reader + 1]),
    hang: ({ reader }) => hangs(workers[reader + 1].threadId),
    block: ({ ms }) => block(ms),
    measure: () => {
      delay.reset();
      delay.enable();
    },
    measured: () => {
      delay.disable();
      return { meanMs: delay.mean / 1e6, p99Ms: delay.percentile(99) / 1e6 };
    },
  };
  process.on('message', async (order) => {
    const result = await deeds[order.deed](order);
    process.send({ deed: order.deed, result });
  });
} else {
  channel.onmessage = ({ data: { deed, at } }) => {
    if (at !== threadId) return;
    if (deed === 'hang') {
      channel.postMessage({ deed: 'hung', by: at });
      block(Number.POSITIVE_INFINITY);
    }
    throw new Error('Crashed on purpose');
  };
}

/** Resolves when the worker is gone: until then it is among those that can be chosen. */
function crashes(worker) {
  const gone = new Promise((resolve) => worker.once('exit', () => resolve()));
  channel.postMessage({ deed: 'crash', at: worker.threadId });
  return gone;
}

/** Resolves when that thread does nothing else any more. */
function hangs(at) {
  return new Promise((resolve) => {
    channel.onmessage = ({ data: { deed, by } }) => {
      if (deed === 'hung' && by === at) resolve();
    };
    channel.postMessage({ deed: 'hang', at });
  });
}

function block(ms) {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) {}
}
