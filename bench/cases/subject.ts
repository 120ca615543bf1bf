/**
 * What the cases are about: a lifecycle on a backend, or the naive object in its place, and a way to
 * put it back to where it was, since a lifecycle only moves forward and a mark is set once.
 *
 * The way back is plain stores into the lifecycle's memory from outside, two to four a turn, and the
 * same ones in every variant. A time of a transition is therefore a little more than the transition.
 *
 * @module
 */

import { AT_ENTERED, AT_MARKS, AT_REPORTS, AT_STATE, REPORT_CLAIM } from '../../assembly/layout.ts';
import type { Backend } from '../../src/core/core.ts';
import { whyNotShared } from '../../src/core/memory.ts';
import { Lifecycle } from '../../src/lifecycle/lifecycle.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { ShutdownReportInput } from '../../src/lifecycle/report.ts';
import type { Variant } from './case.ts';
import { NaiveLifecycle } from './naive.ts';
import { words } from './primitives.ts';

/** A moment in 2023. A clock that costs nothing, so that the calls are compared and not clocks. */
export const MOMENT_MS = 1_700_000_000_000;

/** What a finisher reports that had no steps. */
export const REPORT: ShutdownReportInput = {
  flushedWal: true,
  finalCheckpoint: true,
  backupUploaded: false,
  durationMs: 1,
  startedAtMs: MOMENT_MS,
  completedAtMs: MOMENT_MS + 1,
};

/** The clock that says so. */
export const clock = (): number => MOMENT_MS;

/** A lifecycle, with what is needed to put it back. */
export interface Subject {
  readonly lifecycle: Lifecycle;
  /** Back to the phase that it was made in. */
  back(): void;
  /** The first mark is not set. */
  unmark(): void;
}

/** The same for the object without atomics. */
export interface NaiveSubject extends Omit<Subject, 'lifecycle'> {
  readonly lifecycle: NaiveLifecycle;
}

/** The bare words, and the same way back. */
export interface BareSubject extends Omit<Subject, 'lifecycle'> {
  readonly words32: Int32Array;
  readonly words64: BigInt64Array;
}

/** Index of a 64-bit word. */
export const at64 = (bytes: number): number => bytes >> 3;
/** Index of a 32-bit word. */
export const at32 = (bytes: number): number => bytes >> 2;

/** The word that ENTERED has for a phase. */
export const enteredAt = (phase: Phase): number => AT_ENTERED + phase * 8;

/** A lifecycle on a backend, in `phase`. */
export function subject(variant: Variant, phase: Phase = Phase.Ready): Subject {
  if (variant !== 'wasm' && variant !== 'atomics') throw new RangeError(`No backend: ${variant}`);
  const { lifecycle, buffer } = created(variant);
  advance(lifecycle, phase);
  return { lifecycle, ...waysBack(buffer, phase) };
}

/** A lifecycle that is in `phase` already, on whichever thread. */
export function subjectOf(lifecycle: Lifecycle, phase: Phase): Subject {
  return { lifecycle, ...waysBack(bufferOf(lifecycle), phase) };
}

/** The naive object, in `phase`. */
export function naiveSubject(phase: Phase = Phase.Ready): NaiveSubject {
  const lifecycle = new NaiveLifecycle(clock);
  advance(lifecycle, phase);
  return {
    lifecycle,
    back: () => {
      lifecycle.current = phase;
    },
    unmark: () => {
      lifecycle.marks[0] = 0;
    },
  };
}

/** Words with nothing in them but the state of a lifecycle in `phase`. */
export function bareSubject(phase: Phase = Phase.Ready): BareSubject {
  const { words32, words64 } = words();
  const { lifecycle, buffer } = created('atomics');
  advance(lifecycle, phase);
  words64[at64(AT_STATE)] = new BigInt64Array(buffer)[at64(AT_STATE)] ?? 0n;
  return { words32, words64, ...waysBack(words64.buffer, phase) };
}

function advance(
  lifecycle: Pick<Lifecycle, 'markReady' | 'markDraining' | 'beginShutdown'>,
  phase: Phase,
): void {
  if (phase >= Phase.Ready) lifecycle.markReady();
  if (phase >= Phase.Draining) lifecycle.markDraining();
  if (phase >= Phase.ShuttingDown) lifecycle.beginShutdown();
}

/**
 * A lifecycle and its bytes. Where memory cannot be shared nobody hands them out, so the allocation
 * is watched while the lifecycle is made.
 */
function created(backend: Backend): {
  readonly lifecycle: Lifecycle;
  readonly buffer: ArrayBufferLike;
} {
  const create = (): Lifecycle => Lifecycle.create({ backend, clock });
  if (whyNotShared() === undefined) {
    const lifecycle = create();
    return { lifecycle, buffer: bufferOf(lifecycle) };
  }
  const { Memory } = WebAssembly;
  const seen: ArrayBuffer[] = [];
  class Watched extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      seen.push(this.buffer);
    }
  }
  WebAssembly.Memory = Watched;
  try {
    const lifecycle = create();
    const [buffer] = seen;
    if (buffer === undefined) throw new Error('A lifecycle was made without memory');
    return { lifecycle, buffer };
  } finally {
    WebAssembly.Memory = Memory;
  }
}

/** The memory, as another thread would get it. */
function bufferOf(lifecycle: Lifecycle): ArrayBufferLike {
  const { tidegate } = lifecycle.share();
  return tidegate instanceof WebAssembly.Memory ? tidegate.buffer : tidegate;
}

/**
 * Stores of whole 64-bit words: halves would have to be put together again by the load that
 * follows, which costs more than the load. Of doubles, because a BigInt would be allocated.
 */
function waysBack(buffer: ArrayBufferLike, phase: Phase): Pick<Subject, 'back' | 'unmark'> {
  const doubles = new Float64Array(buffer);
  const state = doubles[at64(AT_STATE)] ?? 0;
  const entered = at64(enteredAt(phase));
  const claim = at64(AT_REPORTS + REPORT_CLAIM);
  return {
    back: () => {
      doubles[at64(AT_STATE)] = state;
      doubles[entered] = 0;
      doubles[claim] = 0;
    },
    unmark: () => {
      doubles[at64(AT_MARKS)] = 0;
    },
  };
}
