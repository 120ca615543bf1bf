/**
 * Phases: their values, their wire names, and what each admits. Nothing here has state.
 *
 * @module
 */

/**
 * Where a process is in its life. It only moves forward.
 *
 * | value | name | writes | queries |
 * |---|---|---|---|
 * | 0 | `Starting` | no | no |
 * | 1 | `Ready` | yes | yes |
 * | 2 | `Draining` | no | yes |
 * | 3 | `ShuttingDown` | no | no |
 * | 4 | `Stopped` | no | no |
 */
export const Phase: {
  /** From the creation on: nothing is admitted yet. */
  readonly Starting: 0;
  /** Writes and queries are admitted. */
  readonly Ready: 1;
  /** Writes are refused; queries, and what is in progress, go on. */
  readonly Draining: 2;
  /** Nothing is admitted; the steps of the shutdown run. */
  readonly ShuttingDown: 3;
  /** The end: there is a report. */
  readonly Stopped: 4;
} = Object.freeze({ Starting: 0, Ready: 1, Draining: 2, ShuttingDown: 3, Stopped: 4 });

/** One of the values of {@link Phase}. */
export type Phase = (typeof Phase)[keyof typeof Phase];

/** A phase as JSON, metrics and logs have it. */
export type PhaseName = 'starting' | 'ready' | 'draining' | 'shutting_down' | 'stopped';

/** Wire names, by value of the phase. */
export const PHASE_NAMES: readonly PhaseName[] = Object.freeze([
  'starting',
  'ready',
  'draining',
  'shutting_down',
  'stopped',
]);

/**
 * Decodes a stored phase. Anything that is not 0-4 is `Stopped`: unknown means do not serve.
 *
 * @example
 * ```ts
 * phaseFromU8(1); // Phase.Ready
 * phaseFromU8(200); // Phase.Stopped
 * ```
 */
export function phaseFromU8(value: number): Phase {
  // 0-3 is what two bits hold; not by isPhase(), because every hot call comes through here. The
  // type is asked for because bigints and symbols throw, and -0 comes out as 0.
  const low = typeof value === 'number' ? value & 3 : Phase.Stopped;
  return low === value ? (low as Phase) : Phase.Stopped;
}

/** True for the value of a phase. */
export function isPhase(value: number): value is Phase {
  return Number.isInteger(value) && value >= Phase.Starting && value <= Phase.Stopped;
}

/** The wire name of a phase. */
export function phaseName(phase: Phase): PhaseName {
  return PHASE_NAMES[phaseFromU8(phase)] ?? 'stopped';
}

/** True only in Ready. Write holds may still refuse: ask the gate, not the phase. */
export function acceptsWrites(phase: Phase): boolean {
  return phase === Phase.Ready;
}

/** True in Ready and Draining. */
export function acceptsQueries(phase: Phase): boolean {
  return phase === Phase.Ready || phase === Phase.Draining;
}
