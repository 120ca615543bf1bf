/**
 * A worker's part as an observer: it looks at one lifecycle as fast as it can until it is Stopped,
 * and fails on anything that no single moment can have been.
 *
 * @module
 */

import { type Lifecycle, Phase } from '../../../src/index.ts';

/** What an observer has seen. */
export interface Sightings {
  readonly looks: number;
  readonly reasons: number;
  readonly phases: readonly number[];
}

/** A reason that shows when it is torn: one number, again and again, and its length tells it, too. */
export function reasonOf(number: number): string {
  const kind = number % 1000;
  return String(kind)
    .padStart(3, '0')
    .repeat((kind % 70) + 1);
}

/** Looks until Stopped. Once it has seen a reason it adds 1 to word 0 of `notes`. */
export function observe(lifecycle: Lifecycle, notes: SharedArrayBuffer): Sightings {
  const ready = new Int32Array(notes);
  const phases = new Set<number>();
  let looks = 0;
  let reasons = 0;
  let last: number = Phase.Starting;
  while (last !== Phase.Stopped) {
    const reason = lifecycle.notReadyReason();
    const seen = lifecycle.snapshot();
    if (reason !== null) mustBeWhole(reason);
    if (seen.reason !== null) {
      mustBeWhole(seen.reason);
      if (seen.phase !== Phase.Starting) throw new Error(`A reason in phase ${seen.phase}`);
      reasons += 1;
      if (reasons === 1) Atomics.add(ready, 0, 1);
    }
    if (seen.phase < last) throw new Error(`The phase went from ${last} to ${seen.phase}`);
    mustHaveTimes(seen.phase, [
      seen.startedAtMs,
      seen.readyAtMs,
      seen.drainingAtMs,
      seen.shuttingDownAtMs,
      seen.stoppedAtMs,
    ]);
    if (seen.coldStart.readyAtMs !== (seen.readyAtMs ?? 0)) {
      throw new Error(`In phase ${seen.phase} the cold start is of another moment`);
    }
    if ((seen.report !== null) !== (seen.phase === Phase.Stopped)) {
      throw new Error(`A report is ${seen.report} in phase ${seen.phase}`);
    }
    last = seen.phase;
    phases.add(last);
    looks += 1;
  }
  return { looks, reasons, phases: [...phases] };
}

/** Throws for a reason that `reasonOf` did not make. */
export function mustBeWhole(reason: string): void {
  if (reason !== reasonOf(Number(reason.slice(0, 3)))) throw new Error(`A torn reason: ${reason}`);
}

/** Reached phases have their times, others have none; here no phase is left out. */
function mustHaveTimes(phase: number, times: readonly (number | null)[]): void {
  for (const [index, time] of times.entries()) {
    if ((time !== null) !== index <= phase) {
      throw new Error(`In phase ${phase} the times are ${times.join()}`);
    }
  }
}
