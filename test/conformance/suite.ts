/**
 * What a conformance suite is: behaviours, each a function of a subject. Whoever runs them brings
 * the subject, that is, a backend on a kind of memory.
 *
 * @module
 */

import type { Backend, CreateOptions, SeatOptions } from '../../src/index.ts';
import { Lifecycle } from '../../src/index.ts';

/** The subjects there are. */
export const SUBJECTS = [
  'wasm on shared memory',
  'wasm on unshared memory',
  'atomics on shared memory',
  'atomics on unshared memory',
] as const;

/** The name of a subject. */
export type SubjectName = (typeof SUBJECTS)[number];

/** What is tested. */
export interface Subject {
  readonly backend: Backend;
  readonly isShared: boolean;
  /** A new lifecycle of this kind. */
  create(options?: CreateOptions): Lifecycle;
  /** Another seat in it, of this kind. Only where memory is shared. */
  attach(lifecycle: Lifecycle, options?: SeatOptions): Lifecycle;
}

/** One behaviour, by a sentence that says it. */
export interface Behaviour {
  readonly title: string;
  /** Needs two seats, hence memory that can be shared. */
  readonly needsShared?: boolean;
  /** Needs the other backend, too. */
  readonly needsBoth?: boolean;
  /** Keeps its thread busy for a time, hence needs a clock that moves while code runs. */
  readonly needsRunningClock?: boolean;
  run(subject: Subject): void | Promise<void>;
}

/** The behaviours of one room. */
export interface Suite {
  readonly name: string;
  readonly behaviours: readonly Behaviour[];
}

/** Makes a subject: a backend on a kind of memory. */
export function subjectNamed(name: SubjectName): Subject {
  const backend = name.startsWith('wasm') ? 'wasm' : 'atomics';
  const isShared = !name.includes('unshared');
  return {
    backend,
    isShared,
    create: (options = {}) => Lifecycle.create({ backend, shared: isShared, ...options }),
    attach: (lifecycle, options = {}) =>
      Lifecycle.attach(lifecycle.share(), { backend, ...options }),
  };
}

/** A clock that is set by hand. */
export class HandClock {
  now: number;

  constructor(now = 1_000) {
    this.now = now;
  }

  readonly read: () => number = () => this.now;
}

/** Brings a new lifecycle into a phase, by the shortest way that passes all phases before it. */
export function inPhase(lifecycle: Lifecycle, phase: number): Lifecycle {
  if (phase >= 1) lifecycle.markReady();
  if (phase >= 2) lifecycle.markDraining();
  if (phase >= 3) lifecycle.beginShutdown();
  if (phase >= 4) lifecycle.finishShutdown(REPORT);
  return lifecycle;
}

/** A report with nothing left to default but what may be. */
export const REPORT = Object.freeze({
  flushedWal: true,
  finalCheckpoint: false,
  backupUploaded: true,
  durationMs: 7,
  startedAtMs: 1_000,
  completedAtMs: 1_007,
});

/** One turn of the event loop. */
export function turn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What are no options. */
export const WRONG_OPTIONS: readonly unknown[] = [null, 5, 'text', true];

/** What is not one of the values that a function takes. */
export const NOT_STRINGS: readonly unknown[] = [
  undefined,
  null,
  0,
  1n,
  true,
  {},
  [],
  Symbol('s'),
  // Cannot be turned into a string for the message either.
  Object.create(null),
];
