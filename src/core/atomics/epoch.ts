/**
 * EPOCH in plain JavaScript: the futex that all waits of a lifecycle share.
 *
 * @module
 */

import { AT_EPOCH } from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import type { Words } from './words.ts';

export interface EpochModule extends Pick<Core, 'epoch' | 'waitEpoch'> {
  announce(): void;
}

const ANSWERS = { ok: 0, 'not-equal': 1, 'timed-out': 2 };

export function epochModule({ load32, add32, wake32, wait32 }: Words): EpochModule {
  return {
    epoch: () => load32(AT_EPOCH),

    // The add comes before the wake, and both after the change: a thread that read the words before the
    // change finds another EPOCH and does not fall asleep.
    announce: () => {
      add32(AT_EPOCH, 1);
      wake32(AT_EPOCH);
    },

    waitEpoch: (expected, timeoutMs) =>
      ANSWERS[wait32(AT_EPOCH, expected, wholeNanoseconds(timeoutMs))],
  };
}

/** The wasm instruction counts whole nanoseconds, takes no number for 0, and below 0 has no end. */
function wholeNanoseconds(timeoutMs: number): number {
  const nanoseconds = Math.trunc(timeoutMs * 1e6);
  if (nanoseconds < 0) return Infinity;
  return nanoseconds > 0 ? nanoseconds / 1e6 : 0;
}
