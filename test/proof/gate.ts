/**
 * The gate for any number of threads, and of drains and holds that close it: `permits.ts` as a
 * transition system. A closer is a drain, which stays, or a hold, which opens again.
 *
 * A thread looks at one closer after the other, since STATE and HOLDS are two words; a closer reads one
 * count after the other.
 *
 * @module
 */

import type { System } from './system.ts';

const at = (value: string): string => `(ite (= x0 t) ${value} (pc x0))`;
const set = (name: string, value: string): string => `(ite (= x0 t) ${value} (${name} x0))`;
const forgets = '(and (not (= x0 t)) (passed x0 x1))';

export const GATE: System = {
  preamble: `(declare-sort Thread) (declare-sort Closer)
(declare-datatypes () ((Place idle looked counted inside refused dead)))
(declare-const t Thread) (declare-const c Closer)`,
  variables: {
    pc: [['Thread'], 'Place'],
    held: [['Thread'], 'Bool'],
    used: [['Thread'], 'Bool'],
    passed: [['Thread', 'Closer'], 'Bool'],
    closed: [['Closer'], 'Bool'],
    zero: [['Closer', 'Thread'], 'Bool'],
    over: [['Closer'], 'Bool'],
  },
  initially: `(and
    (forall ((x Thread)) (and (= (pc x) idle) (not (held x)) (not (used x))))
    (forall ((x Thread) (y Closer)) (and (not (passed x y)) (not (zero y x))))
    (forall ((y Closer)) (and (not (closed y)) (not (over y)))))`,
  transitions: {
    attach: { guard: '(not (used t))', changes: { used: set('used', 'true') } },
    // The first look only saves work: what it saw is not relied on.
    look: { guard: '(and (used t) (= (pc t) idle))', changes: { pc: at('looked') } },
    take: {
      guard: '(= (pc t) looked)',
      changes: { pc: at('counted'), held: set('held', 'true') },
    },
    'look again at one': {
      guard: '(and (= (pc t) counted) (not (closed c)))',
      changes: { passed: '(or (and (= x0 t) (= x1 c)) (passed x0 x1))' },
    },
    'find one closed': {
      guard: '(and (= (pc t) counted) (closed c))',
      changes: { pc: at('refused'), passed: forgets },
    },
    enter: {
      guard: '(and (= (pc t) counted) (forall ((y Closer)) (passed t y)))',
      changes: { pc: at('inside') },
    },
    'take back': {
      guard: '(= (pc t) refused)',
      changes: { pc: at('idle'), held: set('held', 'false') },
    },
    release: {
      guard: '(= (pc t) inside)',
      changes: { pc: at('idle'), held: set('held', 'false'), passed: forgets },
    },
    die: { guard: '(used t)', changes: { pc: at('dead'), passed: forgets } },
    'reap, and another attaches': {
      guard: '(= (pc t) dead)',
      changes: { pc: at('idle'), held: set('held', 'false') },
    },
    close: {
      guard: '(not (closed c))',
      changes: { closed: '(or (= x0 c) (closed x0))' },
    },
    'load USED': {
      guard: '(closed c)',
      changes: { zero: '(or (and (= x0 c) (not (used x1))) (zero x0 x1))' },
    },
    'read a count of zero': {
      guard: '(and (closed c) (not (held t)))',
      changes: { zero: '(or (and (= x0 c) (= x1 t)) (zero x0 x1))' },
    },
    'sum again': {
      guard: '(not (over c))',
      changes: { zero: '(and (not (= x0 c)) (zero x0 x1))' },
    },
    'find that all are zero': {
      guard: '(and (closed c) (forall ((x Thread)) (zero c x)))',
      changes: { over: '(or (= x0 c) (over x0))' },
    },
    'open again': {
      guard: '(closed c)',
      changes: {
        closed: '(and (not (= x0 c)) (closed x0))',
        over: '(and (not (= x0 c)) (over x0))',
        zero: '(and (not (= x0 c)) (zero x0 x1))',
      },
    },
  },
  invariants: {
    'who is inside has looked at every closer after its count was there':
      '(forall ((x Thread) (y Closer)) (=> (= (pc x) inside) (passed x y)))',
    'who has looked again is counted, and alive':
      '(forall ((x Thread) (y Closer)) (=> (passed x y) (or (= (pc x) counted) (= (pc x) inside))))',
    'who is past its count is counted':
      '(forall ((x Thread)) (=> (or (= (pc x) counted) (= (pc x) inside)) (held x)))',
    'a line that nobody has used counts nobody':
      '(forall ((x Thread)) (=> (not (used x)) (= (pc x) idle)))',
    'whose count was read as zero since the gate was closed has not passed it':
      '(forall ((x Thread) (y Closer)) (=> (zero y x) (and (closed y) (not (passed x y)))))',
    'who is over has read every count as zero':
      '(forall ((x Thread) (y Closer)) (=> (over y) (zero y x)))',
  },
  safety: {
    'while a drain is over, or a hold has seen nobody, nobody is inside':
      '(forall ((x Thread) (y Closer)) (=> (over y) (not (= (pc x) inside))))',
  },
};
