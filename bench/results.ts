/**
 * What a run writes: its shape in TypeScript. `results.schema.json` is the same as JSON Schema, and
 * says what each field means; a test holds the one against the other.
 *
 * @module
 */

/** Version of the shape. A reader refuses another one. */
export const SCHEMA_VERSION = 2;

/** Nanoseconds, milliseconds, bytes, requests a second, and ratios that were measured by pairs. */
export type Unit = 'ns' | 'ms' | 'B' | 'req/s' | 'ratio';

/** The parts of a run, in the order of the report. */
export type Part =
  | 'calls'
  | 'contended'
  | 'wakeup'
  | 'cold-start'
  | 'memory'
  | 'http'
  | 'drain'
  | 'growth';

/** What names a point; two points of one run differ in this. */
export interface PointKey {
  readonly part: Part;
  readonly case: string;
  /** Who did the work: a backend, a rival, or a control. */
  readonly variant: string;
  readonly runtime: string;
  /** What was varied: threads, members, connections. Absent where nothing is. */
  readonly size?: number;
}

/** What was measured of it. */
export interface Point extends PointKey {
  readonly unit: Unit;
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
  readonly min: number;
  readonly max: number;
  /** Samples by round, ascending, at most 64 a round; a round is a process of its own. */
  readonly rounds: readonly (readonly number[])[];
}

/** A runtime of the run; `skipped` says why it was not there and what would bring it. */
export interface RuntimeInfo {
  readonly name: string;
  readonly version: string | null;
  readonly engine: string | null;
  readonly skipped: string | null;
}

/** What was not measured, and why. */
export interface Skip {
  readonly part: Part;
  readonly case: string;
  readonly runtime: string;
  readonly reason: string;
}

/** The machine that it ran on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  /** Load average of one minute at the start: a busy machine measures its neighbours. */
  readonly loadBefore: number;
}

/** One run. */
export interface Results {
  readonly schema: typeof SCHEMA_VERSION;
  readonly tidegate: string;
  readonly commit: string | null;
  /** True if files differed from that commit. */
  readonly changed: boolean;
  readonly startedAt: string;
  readonly durationMs: number;
  /** What the order was shuffled by. */
  readonly seed: number;
  readonly machine: Machine;
  readonly runtimes: readonly RuntimeInfo[];
  readonly points: readonly Point[];
  readonly skips: readonly Skip[];
}

/** The name of a point, for people and for maps. */
export function keyOf({ part, case: name, variant, runtime, size }: PointKey): string {
  const at = size === undefined ? '' : ` @ ${size}`;
  return `${part}: ${name}${at} (${variant}, ${runtime})`;
}
