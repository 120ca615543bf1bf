/**
 * The checks as an answer to a probe has them. What they do to the verdict is `health.ts`.
 *
 * @module
 */

import type { CheckSnapshot } from '../lifecycle/check-records.ts';

/** A check in an answer, without the key `error` where there is none. */
interface CheckOnProbe {
  readonly name: string;
  readonly healthy: boolean;
  readonly affects: string;
  readonly since_secs: number;
  readonly error?: string;
}

const NONE: readonly CheckOnProbe[] = [];

/** The last list that was made: probes are many, and a list changes once a second. */
let last = NONE;

/** The list. While all that it says is true, it is the very same object; nothing in it changes. */
export function checksOnProbe(checks: readonly CheckSnapshot[]): readonly CheckOnProbe[] {
  if (checks.length === 0) return NONE;
  const isTrue = last.length === checks.length && checks.every(isAsSaid);
  if (!isTrue) last = checks.map(checkOnProbe);
  return last;
}

function isAsSaid(check: CheckSnapshot, index: number): boolean {
  const said = last[index];
  return (
    said?.name === check.name &&
    said.healthy === check.healthy &&
    said.affects === check.affects &&
    said.since_secs === secondsOf(check) &&
    said.error === (check.error ?? undefined)
  );
}

function checkOnProbe(check: CheckSnapshot): CheckOnProbe {
  const { name, healthy, affects, error } = check;
  return {
    name,
    healthy,
    affects,
    since_secs: secondsOf(check),
    ...(error !== null && { error }),
  };
}

function secondsOf({ sinceMs }: CheckSnapshot): number {
  return Math.floor(sinceMs / 1000);
}
