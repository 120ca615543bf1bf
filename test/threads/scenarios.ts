/**
 * What the processes of these tests do: one scenario each, named by the first argument. They tell
 * their parent a JSON object a line, and assert nothing that the parent can see for itself.
 *
 * @module
 */

import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { type Backend, Lifecycle, Phase } from '../../src/index.ts';
import { serveProbes, startHeartbeat } from '../../src/node.ts';
import { PROGRAM } from './build.ts';
import { chaos } from './chaos.ts';
import type { Assignment } from './program.ts';

const [scenario = '', backend = 'wasm', ...rest] = process.argv.slice(2);
// The parent takes it from the two there are.
const lifecycle = Lifecycle.create({ backend: backend as Backend });
const say = (event: string, more: object = {}): void =>
  console.log(JSON.stringify({ event, ...more }));
const nowMs = (): number => performance.timeOrigin + performance.now();

/** A worker that does not keep the process alive, whatever it does. */
function help(part: Assignment['part']): Worker {
  const worker = new Worker(`./${PROGRAM}`);
  const assignment: Assignment = {
    part,
    backend: backend as Backend,
    handle: lifecycle.share(),
    index: 0,
  };
  worker.postMessage(assignment);
  worker.unref();
  return worker;
}

/** Waits, and keeps the process alive, until the worker says that its part is done. */
async function installed(worker: Worker): Promise<void> {
  const anchor = setInterval(() => {}, 1_000);
  await new Promise((resolve) => worker.once('message', resolve));
  clearInterval(anchor);
}

switch (scenario) {
  // Everything that may be installed and must not keep an idle process alive.
  case 'idle':
    lifecycle.onTransition(() => {});
    lifecycle.pipeline({ steps: [] });
    startHeartbeat(lifecycle);
    await serveProbes({ lifecycle });
    say('idle');
    break;
  // Nothing but the wait keeps it alive until another thread ends it.
  case 'waitFor':
    help('ready-later');
    say('reached', { phase: await lifecycle.waitFor(Phase.Ready) });
    break;
  case 'drain':
    lifecycle.markReady();
    help('write-for-a-while');
    while (lifecycle.gate.inFlight().writes === 0) await new Promise((next) => setTimeout(next, 1));
    say('drained', { ...(await lifecycle.drain()) });
    break;
  case 'shutdown':
    lifecycle.markReady();
    await installed(help('host'));
    say('stopped', { report: await lifecycle.shutdown() });
    break;
  // The loop is blocked for a while, and nobody else may be held up by that.
  case 'blocked': {
    lifecycle.markReady();
    const probes = await serveProbes({ lifecycle });
    say('listening', { url: probes.url });
    block(Number(rest[0]));
    say('unblocked');
    await probes.close();
    break;
  }
  // The loop is blocked for ever, and another thread asks for the shutdown.
  case 'stuck':
    lifecycle.markReady();
    lifecycle.pipeline({ budgetMs: Number(rest[0]), steps: [] });
    await serveProbes({ lifecycle });
    help('ask-for-shutdown');
    say('blocking', { atMs: nowMs() });
    block(Number.POSITIVE_INFINITY);
    break;
  case 'chaos':
    say('survived', await chaos(rest.map(Number)));
    process.exit(0);
    break;
  default:
    throw new Error(`There is no scenario ${scenario}`);
}

function block(ms: number): void {
  const endsAt = nowMs() + ms;
  while (nowMs() < endsAt) {}
}
