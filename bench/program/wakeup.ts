/**
 * Part `wakeup`: how long it takes until another thread is notified. Both threads are idle before, as
 * they are in a service; one exchange is there and back, and half of it is a wake-up, so that no two
 * clocks are compared. Between two exchanges the lifecycle is put back to where it was.
 *
 * @module
 */

import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { LifecycleHandle } from '../../src/lifecycle/seat.ts';
import { subject } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { SAMPLES } from '../harness/sample.ts';
import { thinned } from '../harness/statistics.ts';
import { type Channel, nextMessage, startWorker, type Task } from './threads.ts';

/** Exchanges that only warm up, and those that are measured. */
const COLD = 100;
const MEASURED = 150;
/** Long enough for both threads to fall asleep. */
const REST_MS = 2;

/** Milliseconds a wake-up. */
export async function measureWakeups({ variant }: Assignment): Promise<readonly number[]> {
  const channel = startWorker();
  const { lifecycle, back } = subject('wasm', Phase.Starting);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const task: Wakeups = { task: 'wakeup', variant, handle: lifecycle.share(), words };
  channel.post(task);
  await nextMessage(channel);
  const ways = waysOf(variant, words, channel);
  const samples: number[] = [];
  for (let turn = 0; turn < COLD + MEASURED; turn++) {
    channel.post('again');
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const began = performance.now();
    ways.tell(lifecycle, Phase.Ready, turn);
    await ways.hear(lifecycle, Phase.Draining, turn);
    const took = performance.now() - began;
    if (turn >= COLD) samples.push(took / 2);
    back();
  }
  channel.close();
  return thinned(samples, SAMPLES);
}

/** What the other thread is asked. */
interface Wakeups extends Task {
  readonly task: 'wakeup';
  readonly variant: string;
  readonly handle: LifecycleHandle;
  readonly words: Int32Array;
}

/** The other thread: answers each exchange in turn, until it is ended. */
export async function answerWakeups(task: Wakeups, channel: Channel): Promise<void> {
  const lifecycle = Lifecycle.attach(task.handle);
  const ways = waysOf(task.variant, task.words, channel);
  channel.post('ready');
  for (let turn = 0; ; turn++) {
    await ways.again();
    await ways.hear(lifecycle, Phase.Ready, turn);
    ways.tell(lifecycle, Phase.Draining, turn);
  }
}

/** Telling and hearing. */
interface Ways {
  tell(lifecycle: Lifecycle, phase: Phase, turn: number): void;
  hear(lifecycle: Lifecycle, phase: Phase, turn: number): Promise<unknown>;
  /** Resolves when the next exchange may begin; of use to the worker only. */
  again(): Promise<unknown>;
}

/** How often a poller looks. */
const POLL_MS = 1;

type WaitAsync = (
  words: Int32Array,
  index: number,
  expected: number,
) => { readonly value: Promise<string> | string };

/** The ways of a variant. The channel is listened to once, as an application would. */
function waysOf(variant: string, words: Int32Array, channel: Channel): Ways {
  // What has come before somebody asks for it is kept.
  let came = 0;
  let arrived = (): void => {};
  channel.hear(() => {
    came += 1;
    arrived();
  });
  const message = async (): Promise<void> => {
    while (came === 0) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
    came -= 1;
  };
  return { ...between(variant, words, channel, message), again: message };
}

function between(
  variant: string,
  words: Int32Array,
  channel: Channel,
  message: () => Promise<void>,
): Omit<Ways, 'again'> {
  switch (variant) {
    case 'waitFor':
      return { tell: move, hear: (lifecycle, phase) => lifecycle.waitFor(phase) };
    case 'waitForSync':
      return {
        tell: move,
        hear: async (lifecycle, phase) => lifecycle.waitForSync(phase, 10_000),
      };
    case 'postMessage':
      return { tell: (_lifecycle, phase) => channel.post(phase), hear: message };
    case 'polling 1 ms':
      return { tell: move, hear: poll };
    case 'Atomics.waitAsync':
      return bare(words);
    default:
      throw new RangeError(`There is no variant ${variant}`);
  }
}

function move(lifecycle: Lifecycle, phase: Phase): void {
  if (phase === Phase.Ready) lifecycle.markReady();
  else lifecycle.markDraining();
}

async function poll(lifecycle: Lifecycle, phase: Phase): Promise<void> {
  while (lifecycle.phase() < phase) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The control: the futex alone, which `waitFor` is built on. */
function bare(words: Int32Array): Omit<Ways, 'again'> {
  const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync };
  const place = (phase: Phase): number => (phase === Phase.Ready ? 0 : 1);
  return {
    tell: (_lifecycle, phase, turn) => {
      Atomics.store(words, place(phase), turn + 1);
      Atomics.notify(words, place(phase));
    },
    hear: async (_lifecycle, phase, turn) => {
      while (Atomics.load(words, place(phase)) <= turn) {
        await waitAsync.call(Atomics, words, place(phase), turn).value;
      }
    },
  };
}
