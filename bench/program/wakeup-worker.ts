/**
 * The other thread of part `wakeup`: hears of Ready, and answers with Draining.
 *
 * @module
 */

import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { LifecycleHandle } from '../../src/lifecycle/seat.ts';
import type { Task } from './task.ts';
import type { Channel } from './threads.ts';
import { waysOf } from './wakeup-ways.ts';

/** What the thread is told. */
export interface Wakeups extends Task {
  readonly task: 'wakeup';
  readonly variant: string;
  readonly handle: LifecycleHandle;
  readonly words: Int32Array;
}

/** Answers each exchange in turn, until it is ended. */
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
