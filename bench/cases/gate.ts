/**
 * Calls of the write gate.
 *
 * @module
 */

import { AT_HOLDS, AT_MEMBERS, AT_STATE, MEMBER_WRITES } from '../../assembly/layout.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { kept, kept64, sink } from './sink.ts';
import { at32, at64 } from './subject.ts';

const { load, compareExchange } = Atomics;

/** Calls of the write gate. */
export const gateCalls: Calls = {
  writeRefusal: {
    group: 'gate',
    what: 'gate.writeRefusal(): the check alone',
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.writeRefusal();
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.writeRefusal();
      },
    bare:
      ({ words32, words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
        kept[0] = load(words32, at32(AT_HOLDS));
      },
  },
  'write permit': {
    group: 'gate',
    what: "gate.tryEnter('write') and its release()",
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        gate.tryEnter('write')?.release();
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        gate.tryEnter('write')?.release();
      },
    bare: ({ words32, words64 }) => {
      const line = at64(AT_MEMBERS + MEMBER_WRITES);
      words64[line] = 1n;
      return () => {
        kept64[0] = load(words64, at64(AT_STATE));
        kept[0] = load(words32, at32(AT_HOLDS));
        kept64[0] = load(words64, line);
        kept64[0] = compareExchange(words64, line, 1n, 2n);
        kept64[0] = load(words64, at64(AT_STATE));
        kept[0] = load(words32, at32(AT_HOLDS));
        kept64[0] = load(words64, line);
        kept64[0] = compareExchange(words64, line, 2n, 1n);
        kept64[0] = load(words64, at64(AT_STATE));
      };
    },
  },
  'query permit': {
    group: 'gate',
    what: "gate.tryEnter('query') and its release()",
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        gate.tryEnter('query')?.release();
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        gate.tryEnter('query')?.release();
      },
  },
  'write refused': {
    group: 'gate',
    what: "gate.tryEnter('write') in Draining",
    phase: Phase.Draining,
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.tryEnter('write');
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.tryEnter('write');
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
      },
  },
  'gate.run': {
    group: 'gate',
    what: "gate.run('write', fn) with an empty fn",
    call: ({ lifecycle: { gate } }) => {
      const fn = (): number => 1;
      return () => {
        kept[0] = gate.run('write', fn);
      };
    },
    naive: ({ lifecycle: { gate } }) => {
      const fn = (): number => 1;
      return () => {
        kept[0] = gate.run('write', fn);
      };
    },
  },
  hold: {
    group: 'gate',
    what: "gate.hold('paused') and gate.release('paused')",
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        kept[0] = +gate.hold('paused');
        kept[0] = +gate.release('paused');
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        kept[0] = +gate.hold('paused');
        kept[0] = +gate.release('paused');
      },
    bare:
      ({ words32 }) =>
      () => {
        kept[0] = Atomics.or(words32, at32(AT_HOLDS), 8);
        kept[0] = Atomics.and(words32, at32(AT_HOLDS), ~8);
      },
  },
  holds: {
    group: 'gate',
    what: 'gate.holds()',
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.holds();
      },
    bare:
      ({ words32 }) =>
      () => {
        kept[0] = load(words32, at32(AT_HOLDS));
      },
  },
  inFlight: {
    group: 'gate',
    what: 'gate.inFlight() of one member',
    call:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.inFlight();
      },
    naive:
      ({ lifecycle: { gate } }) =>
      () => {
        sink.value = gate.inFlight();
      },
  },
};
