/**
 * Who owns the shutdown, and who runs it, for any number of threads: `state.ts` and `host.ts` as a
 * transition system. A thread that was reaped is gone; whoever has its line next is another thread.
 *
 * @module
 */

import type { System } from './system.ts';

const set = (name: string, value: string): string => `(ite (= x0 t) ${value} (${name} x0))`;

export const OWNERSHIP: System = {
  preamble: `(declare-sort Thread)
(declare-datatypes () ((Phase before shutting stopped)))
(declare-datatypes () ((Owner nobody pipeline application)))
(declare-datatypes () ((Place none host running)))
(declare-const t Thread)`,
  variables: {
    alive: [['Thread'], 'Bool'],
    place: [['Thread'], 'Place'],
    began: [['Thread'], 'Bool'],
    finished: [['Thread'], 'Bool'],
    phase: [[], 'Phase'],
    kind: [[], 'Owner'],
    owner: [[], 'Thread'],
    vacant: [[], 'Bool'],
    hosted: [[], 'Thread'],
  },
  initially: `(and (= phase before) (= kind nobody) vacant (forall ((x Thread))
    (and (= (place x) none) (not (began x)) (not (finished x)))))`,
  transitions: {
    'take the place of the host': {
      guard: '(and (alive t) (= (place t) none) (or vacant (not (alive hosted))))',
      changes: { vacant: 'false', hosted: 't', place: set('place', 'host') },
    },
    'leave it': {
      guard: '(and (alive t) (not vacant) (= hosted t) (= (place t) host))',
      changes: { vacant: 'true', place: set('place', 'none') },
    },
    'an application begins': {
      guard: '(and (alive t) (= phase before))',
      changes: {
        phase: 'shutting',
        kind: 'application',
        owner: 't',
        began: set('began', 'true'),
      },
    },
    'a pipeline begins': {
      guard: '(and (= (place t) host) (= phase before))',
      changes: { phase: 'shutting', kind: 'pipeline', place: set('place', 'running') },
    },
    'a successor goes on': {
      guard:
        '(and (= (place t) host) (= phase shutting) (or (= kind pipeline) (not (alive owner))))',
      changes: { place: set('place', 'running') },
    },
    'a reap': { guard: '(alive t)', changes: { alive: set('alive', 'false') } },
    finish: {
      guard: '(not (= phase stopped))',
      changes: { phase: 'stopped', finished: set('finished', 'true') },
    },
  },
  invariants: {
    'who began owns it': `(forall ((x Thread))
      (=> (began x) (and (= kind application) (= owner x) (not (= phase before)))))`,
    'nobody runs beside an application that lives': `(forall ((x Thread))
      (=> (= (place x) running) (and (not (= phase before)) (or (= kind pipeline) (not (alive owner))))))`,
    'who lives and has the place is the host': `(forall ((x Thread))
      (=> (and (alive x) (not (= (place x) none))) (and (not vacant) (= hosted x))))`,
    'who finished has stopped it': `(forall ((x Thread) (y Thread))
      (=> (finished x) (and (= phase stopped) (=> (finished y) (= x y)))))`,
  },
  safety: {
    'one beginShutdown() is answered true':
      '(forall ((x Thread) (y Thread)) (=> (and (began x) (began y)) (= x y)))',
    'one finishShutdown() is answered true':
      '(forall ((x Thread) (y Thread)) (=> (and (finished x) (finished y)) (= x y)))',
    'no pipeline runs while the application that began is alive': `(forall ((x Thread) (y Thread))
      (=> (and (began x) (alive x)) (not (= (place y) running))))`,
    'of those who live, one runs': `(forall ((x Thread) (y Thread))
      (=> (and (alive x) (alive y) (= (place x) running) (= (place y) running)) (= x y)))`,
  },
};
