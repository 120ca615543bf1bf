/**
 * Calls of the write gate.
 *
 * @module
 */

import { AT_HOLDS, AT_MEMBERS, AT_STATE, MEMBER_WRITES } from '../../assembly/layout.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { body } from './case.ts';
import { keep, keep64, keepAny, kept, kept64 } from './sink.ts';
import { at32, at64 } from './subject.ts';

const { load, compareExchange } = Atomics;
const one = (): number => 1;

/** Calls of the write gate. */
export const gateCalls: Calls = {
  writeRefusal: {
    what: 'gate.writeRefusal(): the check alone',
    call: ({ lifecycle: { gate } }) => body(() => keepAny(gate.writeRefusal())),
    hasNaive: true,
    bare: ({ words32, words64 }) =>
      body(() => {
        kept64[0] = load(words64, at64(AT_STATE));
        kept[0] = load(words32, at32(AT_HOLDS));
      }),
  },
  'write permit': {
    what: "gate.tryEnter('write') and its release()",
    call: ({ lifecycle: { gate } }) => body(() => gate.tryEnter('write')?.release()),
    hasNaive: true,
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
    what: "gate.tryEnter('query') and its release()",
    call: ({ lifecycle: { gate } }) => body(() => gate.tryEnter('query')?.release()),
    hasNaive: true,
  },
  'write refused': {
    what: "gate.tryEnter('write') in Draining",
    phase: Phase.Draining,
    call: ({ lifecycle: { gate } }) => body(() => keepAny(gate.tryEnter('write'))),
    hasNaive: true,
    bare: ({ words64 }) => body(() => keep64(load(words64, at64(AT_STATE)))),
  },
  'gate.run': {
    what: "gate.run('write', fn) with an fn that does nothing",
    call: ({ lifecycle: { gate } }) => body(() => keep(gate.run('write', one))),
    hasNaive: true,
  },
  hold: {
    what: "gate.hold('paused') and gate.release('paused')",
    call: ({ lifecycle: { gate } }) =>
      body(() => keep(+gate.hold('paused') + +gate.release('paused'))),
    hasNaive: true,
    bare: ({ words32 }) =>
      body(() => {
        kept[0] = Atomics.or(words32, at32(AT_HOLDS), 8);
        kept[0] = Atomics.and(words32, at32(AT_HOLDS), ~8);
      }),
  },
  holds: {
    what: 'gate.holds()',
    call: ({ lifecycle: { gate } }) => body(() => keepAny(gate.holds())),
    bare: ({ words32 }) => body(() => keep(load(words32, at32(AT_HOLDS)))),
  },
  inFlight: {
    what: 'gate.inFlight() of one member',
    call: ({ lifecycle: { gate } }) => body(() => keepAny(gate.inFlight())),
    hasNaive: true,
  },
};
