/**
 * The ways in which one thread tells another of a phase, the same on both sides.
 *
 * @module
 */

import type { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Channel } from './threads.ts';

/** Telling and hearing. */
export interface Ways {
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
export function waysOf(variant: string, words: Int32Array, channel: Channel): Ways {
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
