/**
 * What the processes of these tests do: one scenario each, named by the first argument. They tell
 * their parent a JSON object a line, and assert nothing that the parent can see for itself.
 *
 * @module
 */

import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { type Backend, Lifecycle, Phase } from '../../src/index.ts';
import { handleSignals, serveProbes, startHeartbeat, watchWorker } from '../../src/node.ts';
import { PROGRAM } from './build.ts';
import { chaos } from './chaos.ts';
import { steppingClock } from './clock.ts';
import { hire, runtime } from './crew.ts';
import { FLUSHES, HANGS, HEIRS } from './parts/visit.ts';
import type { Assignment } from './program.ts';

const [scenario = '', backends = 'wasm', ...rest] = process.argv.slice(2);
// The parent takes it from the three there are; mixed, the workers have another than this thread.
const backend = (backends === 'mixed' ? 'wasm' : backends) as Backend;
const othersBackend = (backends === 'mixed' ? 'atomics' : backends) as Backend;
const lifecycle = Lifecycle.create({ backend, clock: steppingClock(9) });
const say = (event: string, more: object = {}): void =>
  console.log(JSON.stringify({ event, ...more }));
const nowMs = (): number => performance.timeOrigin + performance.now();

/** A worker that does not keep the process alive, whatever it does. */
function help(part: Assignment['part']): Worker {
  const worker = new Worker(`./${PROGRAM}`);
  const assignment: Assignment = {
    part,
    backend: othersBackend,
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
    Lifecycle.attach(lifecycle.share(), { backend: othersBackend }).pipeline({ steps: [] });
    startHeartbeat(lifecycle);
    handleSignals(lifecycle);
    await serveProbes({ lifecycle });
    if (runtime === 'node') watchWorker(lifecycle, help('ready-later'));
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
  // A second probe thread on the port of the first, and one that its handler refuses.
  case 'refused': {
    const first = await serveProbes({ lifecycle });
    const codes = [];
    for (const wrong of [{ port: first.port }, { metricsToken: '' }]) {
      const error: unknown = await serveProbes({ lifecycle, ...wrong }).catch((thrown) => thrown);
      codes.push((error as { readonly code?: unknown }).code);
    }
    const { ok } = await fetch(`${first.url}/health/live`);
    say('refused', { codes, ok, members: lifecycle.snapshot().members.length });
    await first.close();
    break;
  }
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
    say('blocking');
    block(Number.POSITIVE_INFINITY);
    break;
  // The loop is blocked for so long, and the parent sends a signal meanwhile.
  case 'signalled': {
    lifecycle.markReady();
    lifecycle.pipeline({ budgetMs: Number(rest[0]), steps: [] });
    const probes = await serveProbes({ lifecycle });
    handleSignals(lifecycle);
    // The probe thread is told by a message, and nothing says that it has come. An answer of that
    // thread to what was sent later does, and one more is for the system to start its listening.
    for (let asked = 0; asked < 2; asked++) await (await fetch(`${probes.url}/health/live`)).text();
    await new Promise((resolve) => setTimeout(resolve, 300));
    say('blocking');
    block(Number(rest[1]));
    say('unblocked');
    await lifecycle.waitFor(Phase.Stopped);
    break;
  }
  // A step hangs, while a stand-by is attached and the probe thread watches.
  case 'hung-step':
    lifecycle.markReady();
    lifecycle.pipeline({
      budgetMs: Number(rest[0]),
      steps: [{ name: 'flush_wal', run: () => new Promise(() => {}) }],
    });
    await installed(help('stand-by'));
    await serveProbes({ lifecycle });
    handleSignals(lifecycle);
    lifecycle.onTransition(({ to }) => {
      if (to === Phase.Stopped) say('stopped', { report: lifecycle.shutdownReport() });
    });
    say('ready');
    await lifecycle.waitFor(Phase.Stopped);
    break;
  // The host dies in the middle of a step, on a thread that hangs; another stands by.
  case 'take-over': {
    lifecycle.markReady();
    const notes = new SharedArrayBuffer(12);
    const words = new Int32Array(notes);
    const assign = (part: Assignment['part'], index: number): Assignment => ({
      part,
      backend: index === 0 ? backend : othersBackend,
      handle: lifecycle.share(),
      index,
      notes,
    });
    const host = hire(assign('host-and-hang', 0));
    await host.outcome;
    const { members } = lifecycle.snapshot();
    const heir = hire(assign('stand-by', 1));
    await heir.outcome;
    if (host.worker !== undefined) watchWorker(lifecycle, host.worker);
    const pending = lifecycle.shutdown({ trigger: 'the main thread' });
    while (Atomics.load(words, HANGS) === 0) await new Promise((next) => setTimeout(next, 1));
    await host.terminate();
    // Nothing tells of it there, so whoever ended it says so.
    if (host.worker === undefined) {
      for (const { member: number, incarnation } of members) {
        if (number !== lifecycle.member.number) lifecycle.reap({ number, incarnation });
      }
    }
    const report = await pending;
    const counts = [FLUSHES, HANGS, HEIRS].map((word) => Atomics.load(words, word));
    say('stopped', { report, counts, inFlight: lifecycle.gate.inFlight() });
    process.exit(0);
    break;
  }
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
