/**
 * Part `wakeup`: how long it takes until another thread has heard. Both threads are idle before, as
 * they are in a service; one exchange is there and back, and half of it is a wake-up, so that no two
 * clocks are compared. Between two exchanges the lifecycle is put back to where it was.
 *
 * @module
 */

import { Phase } from '../../src/lifecycle/phase.ts';
import { subject } from '../cases/subject.ts';
import type { Assignment } from '../harness/assignment.ts';
import { SAMPLES } from '../harness/sample.ts';
import { thinned } from '../harness/statistics.ts';
import { nextMessage, startWorker } from './threads.ts';
import { waysOf } from './wakeup-ways.ts';
import type { Wakeups } from './wakeup-worker.ts';

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
