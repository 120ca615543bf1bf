/**
 * `watchWorker` and the probe thread's place, on Node: what a worker leaves when it ends, however it
 * ends.
 *
 * @module
 */

import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from 'vitest';
import { Lifecycle, LifecycleError } from '../../src/index.ts';
import { type ProbeServerOptions, serveProbes, watchWorker } from '../../src/node.ts';
import { buildProgram, PROGRAM } from './build.ts';
import type { Assignment } from './program.ts';

beforeAll(buildProgram);

/** A worker with a write permit that it gives back by itself only after a while. */
async function writer(lifecycle: Lifecycle): Promise<Worker> {
  const worker = new Worker(`./${PROGRAM}`);
  const assignment: Assignment = {
    part: 'write-for-a-while',
    backend: 'wasm',
    handle: lifecycle.share(),
    index: 1,
  };
  worker.postMessage(assignment);
  while (lifecycle.gate.inFlight().writes === 0) await turn();
  return worker;
}

function ready(): Lifecycle {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  return lifecycle;
}

describe('watchWorker()', () => {
  it('gives back what a worker had that was terminated', async () => {
    const lifecycle = ready();
    const worker = await writer(lifecycle);
    watchWorker(lifecycle, worker);
    const drain = lifecycle.drain();
    await worker.terminate();
    expect((await drain).drained).toBe(true);
    expect(lifecycle.snapshot().members).toHaveLength(1);
  });

  it.each([
    ['throws', "throw new Error('on purpose')", 1, ''],
    ['calls process.exit()', 'process.exit(3)', 3, ''],
    ['has nothing left to do', '', 0, ''],
    // Such a Node is in the matrix; this is what it lacks.
    ['is as before Node 20.16', '', 0, 'process.getBuiltinModule = undefined;'],
  ])('hears of a worker that %s', async (_, code, exitCode, first) => {
    const lifecycle = ready();
    const source = `
      ${first}
      const { workerData } = require('node:worker_threads');
      import(workerData.tidegate).then(({ Lifecycle }) => {
        const permit = Lifecycle.attach(workerData.handle).gate.tryEnter('query');
        if (permit === null) throw new Error('refused');
        ${code}
      });`;
    const tidegate = new URL('../../dist/index.js', import.meta.url).href;
    const workerData = { tidegate, handle: lifecycle.share() };
    const worker = new Worker(source, { eval: true, workerData });
    worker.on('error', (error) => expect(error.message).toBe('on purpose'));
    watchWorker(lifecycle, worker);
    const seen = await new Promise((resolve) => worker.once('exit', resolve));
    expect(seen).toBe(exitCode);
    expect(lifecycle.gate.inFlight().queries).toBe(0);
    expect(lifecycle.snapshot().members).toHaveLength(1);
  });

  it('undone, leaves the dead to somebody else', async () => {
    const lifecycle = ready();
    const worker = await writer(lifecycle);
    const undo = watchWorker(lifecycle, worker);
    undo();
    undo();
    await worker.terminate();
    expect(lifecycle.gate.inFlight().writes).toBe(1);
    const [, dead] = lifecycle.snapshot().members;
    if (dead === undefined) throw new Error('There is no dead member');
    expect(lifecycle.reap({ number: dead.member, incarnation: dead.incarnation })).toBe(true);
    expect(lifecycle.gate.inFlight().writes).toBe(0);
  });

  it('has no say any more, and no exception, once its own thread has detached', async () => {
    const lifecycle = ready();
    const other = Lifecycle.attach(lifecycle.share());
    const worker = await writer(lifecycle);
    watchWorker(other, worker);
    other.detach();
    await worker.terminate();
    // An exception out of the exit event would have failed this run.
    expect(lifecycle.gate.inFlight().writes).toBe(1);
  });

  it('refuses what is no worker, and one that has exited', async () => {
    const lifecycle = ready();
    const worker = new Worker('', { eval: true });
    await new Promise((resolve) => worker.once('exit', resolve));
    for (const wrong of [undefined, null, 5, {}, { threadId: 0 }, { threadId: 1 }, worker]) {
      expect(() => watchWorker(lifecycle, wrong as Worker)).toThrow(LifecycleError);
    }
    const living = new Worker('setInterval(() => {}, 1000)', { eval: true });
    for (const wrong of [undefined, null, {}]) {
      expect(() => watchWorker(wrong as never, living)).toThrow(LifecycleError);
    }
    expect(living.listenerCount('exit')).toBe(0);
    await living.terminate();
  });
});

describe('the probe thread', () => {
  it('that cannot listen says why, and keeps no place', async () => {
    const lifecycle = ready();
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { readonly port: number };
    await expect(serveProbes({ lifecycle, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    taken.close();
    expect(lifecycle.snapshot().members).toHaveLength(1);
  });

  it.each([
    ['an empty token', { metricsToken: '' }],
    ['a token that is none', { metricsToken: 5 }],
    ['a choice that is none', { readyWhileDraining: 'yes' }],
  ])('refuses %s as the handler does, and keeps no place', async (_, wrong) => {
    const lifecycle = ready();
    const refused = serveProbes({ lifecycle, ...wrong } as ProbeServerOptions);
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({ code: 'invalid_argument' });
    expect(lifecycle.snapshot().members).toHaveLength(1);
  });

  it('for which no place is left says so', async () => {
    const lifecycle = ready();
    for (let members = 1; members < 127; members++) Lifecycle.attach(lifecycle.share());
    const error: unknown = await serveProbes({ lifecycle }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({ code: 'members_full' });
    expect(lifecycle.snapshot().members).toHaveLength(127);
  });

  it('gives its place back when it is closed, once and for all who close it', async () => {
    const lifecycle = ready();
    const probes = await serveProbes({ lifecycle });
    expect(lifecycle.snapshot().members).toHaveLength(2);
    await Promise.all([probes.close(), probes.close()]);
    expect(lifecycle.snapshot().members).toHaveLength(1);
    await expect(fetch(`${probes.url}/health/live`)).rejects.toThrow();
  });

  it('can be closed after this thread has detached', async () => {
    const lifecycle = ready();
    const other = Lifecycle.attach(lifecycle.share());
    const probes = await serveProbes({ lifecycle: other });
    other.detach();
    await probes.close();
    expect(lifecycle.phase()).toBe(1);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
