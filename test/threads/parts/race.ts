/**
 * A worker's part in the races: all threads make the same transition at the same time, round after
 * round, and note what each call returned and what each thread then reads.
 *
 * @module
 */

import type { Lifecycle } from '../../../src/index.ts';
import type { Barrier } from '../barrier.ts';

/** What a racer needs. */
export interface RaceParts {
  readonly attach: (clock: () => number) => Lifecycle;
  readonly barrier: Barrier;
  readonly index: number;
  readonly rounds: number;
  readonly notes: SharedArrayBuffer;
}

/** How many numbers a racer notes: four moves made, five times, one fingerprint of the report. */
export const NOTES = 10;
/** Barriers in one round, for the thread that sets the rounds up. */
export const MEETINGS = 7;

/** Runs the rounds; meets the others {@link MEETINGS} times in each. */
export function race({ attach, barrier, index, rounds, notes }: RaceParts): number {
  const own = new Float64Array(notes, index * NOTES * 8, NOTES);
  // Every thread has another clock, and each of them steps back now and then.
  let now = 1_000_000 + index * 10_000;
  const clock = (): number => {
    now += now % 7 === 0 ? -3 : 2;
    return now;
  };
  for (let round = 0; round < rounds; round++) {
    barrier.meet();
    const lifecycle = attach(clock);
    barrier.meet();
    own[0] = Number(lifecycle.markReady());
    mustHave(lifecycle.readyAtMs());
    barrier.meet();
    own[1] = Number(lifecycle.markDraining());
    mustHave(lifecycle.drainingAtMs());
    barrier.meet();
    own[2] = Number(lifecycle.beginShutdown());
    mustHave(lifecycle.shuttingDownAtMs());
    barrier.meet();
    own[3] = Number(lifecycle.finishShutdown(report(index)));
    mustHave(lifecycle.stoppedAtMs());
    own[4] = lifecycle.startedAtMs();
    own[5] = lifecycle.readyAtMs() ?? -1;
    own[6] = lifecycle.drainingAtMs() ?? -1;
    own[7] = lifecycle.shuttingDownAtMs() ?? -1;
    own[8] = lifecycle.stoppedAtMs() ?? -1;
    own[9] = fingerprint(lifecycle);
    barrier.meet();
    barrier.meet();
  }
  return rounds;
}

/** A phase that was reached has a time, for whoever made the move. */
function mustHave(time: number | null): void {
  if (time === null || time <= 0) throw new Error(`A phase was seen with the time ${time}`);
}

/** Every number in it is the finisher's, so that a report of two authors shows. */
function report(index: number) {
  return {
    flushedWal: true,
    finalCheckpoint: true,
    backupUploaded: true,
    durationMs: index,
    startedAtMs: index,
    completedAtMs: index,
    steps: [{ name: `by_${index}`, status: 'ok' as const, durationMs: index }],
  };
}

function fingerprint(lifecycle: Lifecycle): number {
  const found = lifecycle.shutdownReport();
  const author = found?.durationMs ?? -1;
  if (JSON.stringify({ ...found, ...report(author) }) !== JSON.stringify(found)) {
    throw new Error(`A report of two authors: ${JSON.stringify(found)}`);
  }
  return author;
}
