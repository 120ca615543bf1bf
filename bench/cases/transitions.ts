/**
 * Calls that move the phase.
 *
 * @module
 */

import { AT_EPOCH, AT_STATE } from '../../assembly/layout.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { type Body, body } from './case.ts';
import { keep, keep64, kept, kept64 } from './sink.ts';
import { at32, at64, type BareSubject, enteredAt, REPORT } from './subject.ts';

const { load, add, compareExchange, notify } = Atomics;

/** Calls that move the phase. */
export const transitions: Calls = {
  markReady: {
    what: 'markReady() from Starting',
    phase: Phase.Starting,
    call: ({ lifecycle, back }) =>
      body(() => {
        back();
        kept[0] = +lifecycle.markReady();
      }),
    hasNaive: true,
    bare: (words) => bareMove(words, Phase.Starting),
  },
  markDraining: {
    what: 'markDraining() from Ready',
    call: ({ lifecycle, back }) =>
      body(() => {
        back();
        kept[0] = +lifecycle.markDraining();
      }),
    hasNaive: true,
    bare: (words) => bareMove(words, Phase.Ready),
  },
  beginShutdown: {
    what: 'beginShutdown() from Draining',
    phase: Phase.Draining,
    call: ({ lifecycle, back }) =>
      body(() => {
        back();
        kept[0] = +lifecycle.beginShutdown();
      }),
    hasNaive: true,
    bare: (words) => bareMove(words, Phase.Draining),
  },
  finishShutdown: {
    what: 'finishShutdown(report) from ShuttingDown, no steps',
    phase: Phase.ShuttingDown,
    call: ({ lifecycle, back }) =>
      body(() => {
        back();
        kept[0] = +lifecycle.finishShutdown(REPORT);
      }),
  },
  'markReady refused': {
    what: 'markReady() in Ready',
    call: ({ lifecycle }) => body(() => keep(+lifecycle.markReady())),
    hasNaive: true,
    bare: ({ words64 }) => body(() => keep64(load(words64, at64(AT_STATE)))),
  },
};

/** What a transition cannot do without: see `assembly/state.ts`. */
function bareMove({ words32, words64, back }: BareSubject, from: Phase): Body {
  const entered = at64(enteredAt(from));
  const before = load(words64, at64(AT_STATE));
  const after = before + 1n;
  return () => {
    back();
    kept64[0] = load(words64, at64(AT_STATE));
    kept64[0] = compareExchange(words64, entered, 0n, before);
    kept64[0] = compareExchange(words64, at64(AT_STATE), before, after);
    kept[0] = add(words32, at32(AT_EPOCH), 1);
    kept[0] = notify(words32, at32(AT_EPOCH));
  };
}
