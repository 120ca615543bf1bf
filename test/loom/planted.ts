/**
 * Planted bugs: small modules, each wrong in one way, and the exploration that has to find it. They
 * have nothing to do with the protocol; they test the checker.
 *
 * @module
 */

import binaryen from 'binaryen';
import type { Exploration } from './explorer.ts';
import { instrument, wasmMachine } from './instrument.ts';
import type { Program, Thread } from './machine.ts';
import type { Violation } from './trace.ts';

/** A bug, and what it violates. */
export interface Planted {
  readonly name: string;
  readonly property: Violation['property'];
  /** Operations of the shortest schedule that shows it. */
  readonly steps: number;
  /** Functions in the text format; the memory is there already. */
  readonly code: string;
  readonly threads: readonly string[];
  readonly rest?: Partial<Exploration>;
}

/** Makes the binary of some functions over one page of shared memory. */
export function moduleOf(code: string): Uint8Array {
  const module = binaryen.parseText(`(module (import "env" "memory" (memory 1 1 shared)) ${code})`);
  module.setFeatures(binaryen.Features.All);
  return new Uint8Array(module.emitBinary());
}

/** What is explored for a planted bug. */
export function explorationOf({ code, threads, rest }: Planted): Exploration {
  return {
    machines: [wasmMachine(instrument(moduleOf(code)))],
    memory: new Uint8Array(65_536),
    threads: threads.map(
      (name): Program =>
        (thread) =>
          called(thread, name),
    ),
    ...rest,
  };
}

/** The functions of a planted module are its own, and not those of the protocol. */
function called({ core }: Thread, name: string): unknown {
  return (core as unknown as Readonly<Record<string, () => unknown>>)[name]?.();
}

/** Adds one in two steps. */
const INCREMENT = `(func (export "increment")
  (i32.atomic.store (i32.const 0) (i32.add (i32.atomic.load (i32.const 0)) (i32.const 1))))`;

/** One bug for each kind of violation. */
export const PLANTED: readonly Planted[] = [
  {
    name: 'an update that is lost',
    property: 'final',
    steps: 4,
    code: INCREMENT,
    threads: ['increment', 'increment'],
    rest: {
      final: ({ bytes }) => (bytes()[0] === 2 ? undefined : `the sum is ${bytes()[0]}, not 2`),
    },
  },
  {
    name: 'two at once where one may be',
    property: 'invariant',
    steps: 4,
    code: `
      (func (export "first") (call $enter (i32.const 4) (i32.const 8)))
      (func (export "second") (call $enter (i32.const 8) (i32.const 4)))
      (func $enter (param $own i32) (param $other i32)
        (if (i32.eqz (i32.atomic.load (local.get $other)))
          (then
            (i32.atomic.store (local.get $own) (i32.const 1))
            (i32.atomic.store (local.get $own) (i32.const 0)))))`,
    threads: ['first', 'second'],
    rest: {
      invariant: (view) =>
        view.read(4, 4) === 1n && view.read(8, 4) === 1n ? 'both are inside' : undefined,
    },
  },
  {
    name: 'a phase that goes back',
    property: 'step',
    steps: 3,
    code: `
      (func (export "ready") (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))))
      (func (export "late") (if (i32.eqz (i32.atomic.load (i32.const 0)))
        (then (i32.atomic.store (i32.const 0) (i32.const 0)))))`,
    threads: ['ready', 'late'],
    rest: {
      step: (before, after) =>
        after.read(0, 4) < before.read(0, 4) ? 'the phase went back' : undefined,
    },
  },
  {
    name: 'a wake-up that is lost',
    property: 'stuck',
    steps: 4,
    code: `
      (func (export "waiter")
        (if (i32.eqz (i32.atomic.load (i32.const 0)))
          (then (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))))
      (func (export "waker")
        (i32.atomic.store (i32.const 0) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 4) (i32.const -1))))`,
    threads: ['waiter', 'waker'],
  },
  {
    name: 'a lock whose owner dies',
    property: 'stuck',
    steps: 4,
    code: `
      (func (export "lock")
        (if (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))
          (then (drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const -1))))
          (else
            (i32.atomic.store (i32.const 0) (i32.const 0))
            (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))))`,
    threads: ['lock', 'lock'],
    rest: { crashes: 1 },
  },
  {
    name: 'a thread that spins on another',
    property: 'solo',
    steps: 0,
    code: `
      (func (export "spin")
        (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0))))))
      (func (export "set") (i32.atomic.store (i32.const 0) (i32.const 1)))`,
    threads: ['set', 'spin'],
    rest: { solo: 50 },
  },
];
