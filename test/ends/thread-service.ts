/**
 * A process of several threads for the tests of its end, the same source on Node, Deno and Bun. Its
 * parent says what its threads are, and sends the signal; it says what happens, a JSON object a line.
 *
 * @module
 */

import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, type Member } from '../../src/index.ts';
import { watchWorker } from '../../src/node.ts';
import { door, runtime, say } from '../runtime/door.ts';
import { NOTES_BYTES, STAGES, STEPS } from './thread-notes.ts';
import type { ThreadCall, ThreadSeat } from './thread-worker.ts';

/** What the process is when the signal comes, as JSON in `SERVICE`. */
export type ThreadPlan =
  /** In a stage of its boot, here or on a thread. */
  | { readonly is: 'booting'; readonly stage: 'heeds' | 'ignores' | 'rejects' | 'on a thread' }
  /** Shutting down by a thread that owns that and does not finish it, but ends like this. */
  | { readonly is: 'left'; readonly end: ThreadEnd }
  /** Shutting down by a thread that finishes it, while something happens to another thread. */
  | { readonly is: 'owned'; readonly beside: OwnedBeside }
  /** Ready, with these budgets on the main thread and on a stand-by, and a step that blocks. */
  | {
      readonly is: 'blocked';
      readonly hostMs: number;
      readonly standbyMs: number;
      readonly blockMs: number;
    }
  /** Ready, and waits in its pre-drain for three probes. */
  | { readonly is: 'probed' };

/** How a thread ends. */
export type ThreadEnd = 'is terminated' | 'exits' | 'detaches';
/** What happens beside the owner. */
export type OwnedBeside = 'the host detaches' | 'the host dies in its drain' | 'the only host dies';

const plan = JSON.parse(process.env.SERVICE ?? '{}') as ThreadPlan;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Time for whoever would do what must not be done. */
const IDLE_MS = 150;

const lifecycle = Lifecycle.create();
const notes = new SharedArrayBuffer(NOTES_BYTES);
const words = new Int32Array(notes);
const steps = (): number => Atomics.load(words, STEPS);

lifecycle.onTransition(({ to }) => say('phase', { to }));
lifecycle.onShutdown((event) => {
  if (event.type === 'step_ended') say('step', { name: event.step, status: event.status });
});

/** The process ends once it is stopped, and what the owner answers comes after that. */
let written = (): void => {};
const answered = new Promise<void>((resolve) => {
  written = resolve;
});

/** One thread of this process. */
class Thread {
  member: Member | undefined;
  readonly #worker: Worker;
  readonly #answers: unknown[] = [];
  #wake = (): void => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', ({ answer }: { answer: unknown }) => {
      this.#answers.push(answer);
      this.#wake();
    });
    worker.once('exit', () => this.#exited());
    if (runtime === 'node') watchWorker(lifecycle, worker);
  }

  static async start(): Promise<Thread> {
    const workerData: ThreadSeat = { handle: lifecycle.share(), notes };
    // Node has no TypeScript: the parent has bundled it.
    const source = process.env.THREAD_WORKER ?? '';
    const file = new URL('./thread-worker.ts', import.meta.url);
    const url = runtime === 'node' ? new URL(source, 'file:') : file;
    const thread = new Thread(new Worker(url, { workerData }));
    thread.member = (await thread.#answer()) as Member;
    return thread;
  }

  async ask(call: ThreadCall): Promise<unknown> {
    this.#worker.postMessage(call);
    return this.#answer();
  }

  /** Ends it, and waits until that is proved. */
  async end(how: ThreadEnd): Promise<void> {
    if (how === 'detaches') {
      await this.ask({ call: 'detach' });
      return;
    }
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    if (how === 'exits') this.#worker.postMessage({ call: 'exit' } satisfies ThreadCall);
    else await this.#worker.terminate();
    await exited;
  }

  /** Its exit is the proof of its death. */
  #exited(): void {
    const { member } = this;
    if (member === undefined || runtime === 'node') return;
    say('reaped', { was: lifecycle.reap(member) });
  }

  async #answer(): Promise<unknown> {
    while (this.#answers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.shift();
  }
}

/** The pipeline of this thread. */
function host(
  more: { budgetMs?: number; preDrainMs?: number; preDrainProbes?: number } = {},
): void {
  const flush = (ready: boolean): void => {
    Atomics.add(words, STEPS, 1);
    say('flush', { ready, stages: Atomics.load(words, STAGES) });
  };
  lifecycle.pipeline({
    ...more,
    drainTimeoutMs: 300,
    steps: [{ name: 'flush_wal', run: ({ ready }) => flush(ready) }],
  });
}

/** Resolves at the signal, and says how things stand a while after it. */
async function signalled(): Promise<void> {
  await new Promise((resolve) => process.once('SIGTERM', resolve));
  await sleep(IDLE_MS);
  say('still', { phase: lifecycle.phase(), steps: steps() });
}

async function boot(stage: 'heeds' | 'ignores' | 'rejects' | 'on a thread'): Promise<void> {
  host();
  if (stage === 'on a thread') {
    const thread = await Thread.start();
    await thread.ask({ call: 'boot', more: IDLE_MS });
    return;
  }
  const replay = lifecycle.stage('wal_replay').run(async ({ signal }) => {
    await new Promise((resolve) => {
      if (stage !== 'ignores') signal.addEventListener('abort', resolve);
    });
    say('told', { code: (signal.reason as { code: string }).code, phase: lifecycle.phase() });
    await sleep(IDLE_MS);
    Atomics.add(words, STAGES, 1);
    if (stage === 'rejects') signal.throwIfAborted();
  });
  // As an application does that stops at its own top.
  replay.catch((error: { code: string }) => say('rejected', { code: error.code }));
}

async function leave(end: ThreadEnd): Promise<void> {
  host();
  const owner = await Thread.start();
  say('owned', { was: await owner.ask({ call: 'own' }) });
  void signalled().then(() => owner.end(end));
}

async function own(beside: OwnedBeside): Promise<void> {
  const [owner, other] = [await Thread.start(), await Thread.start()];
  await other.ask({ call: 'host', budgetMs: 10_000 });
  if (beside !== 'the only host dies') host();
  lifecycle.markReady();
  const permit = lifecycle.gate.tryEnter('write');
  const begin = async (): Promise<void> => say('owned', { was: await owner.ask({ call: 'own' }) });
  const finish = async (): Promise<void> => {
    await sleep(IDLE_MS);
    say('after', { phase: lifecycle.phase(), steps: steps() });
    say('finished', { was: await owner.ask({ call: 'finish' }) });
    written();
  };
  if (beside === 'the host dies in its drain') {
    void signalled().then(async () => {
      await begin();
      await other.end('is terminated');
      permit?.release();
      await finish();
    });
    return;
  }
  permit?.release();
  await begin();
  const end = beside === 'the host detaches' ? 'detaches' : 'is terminated';
  void signalled().then(async () => {
    await other.end(end);
    await finish();
  });
}

async function block(hostMs: number, standbyMs: number, blockMs: number): Promise<void> {
  host({ budgetMs: hostMs });
  lifecycle.step({
    name: 'blocks',
    run: () => {
      say('blocks');
      const until = performance.now() + blockMs;
      while (performance.now() < until);
    },
  });
  const standby = await Thread.start();
  await standby.ask({ call: 'host', budgetMs: standbyMs });
  lifecycle.markReady();
}

async function serve(): Promise<{ port: number; probes: string }> {
  host({ budgetMs: 1_200_000, preDrainMs: 600_000, preDrainProbes: 3 });
  const fetch = createHandler(lifecycle);
  const server = await door.serve({ lifecycle, fetch, hostname: '127.0.0.1' });
  const { url } = await door.serveProbes({ lifecycle });
  lifecycle.leaving.addEventListener('abort', () => say('leaving'));
  lifecycle.markReady();
  return { port: server.port, probes: url };
}

// A process with nothing to wait for would end before the signal.
const alive = setInterval(() => {}, 60_000);
void lifecycle.waitFor(4).then(() => {
  clearInterval(alive);
  say('stopped', { report: lifecycle.shutdownReport(), steps: steps() });
});
door.handleSignals(lifecycle, {
  finally: plan.is === 'owned' ? [{ name: 'answered', run: () => answered }] : [],
});
let served: object = {};
if (plan.is === 'booting') await boot(plan.stage);
if (plan.is === 'left') await leave(plan.end);
if (plan.is === 'owned') await own(plan.beside);
if (plan.is === 'blocked') {
  await door.serveProbes({ lifecycle });
  await block(plan.hostMs, plan.standbyMs, plan.blockMs);
}
if (plan.is === 'probed') served = await serve();
say('listening', { runtime, pid: process.pid, ...served });
