/**
 * The other calls: texts, waits, and the place among the members.
 *
 * @module
 */

import {
  AT_LATEST,
  AT_MEMBERS,
  AT_STATE,
  MEMBER_BEAT,
  MEMBER_SEQUENCE,
} from '../../assembly/layout.ts';
import { Lifecycle } from '../../src/lifecycle/lifecycle.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { body } from './case.ts';
import { keep, keepAny, kept, kept64 } from './sink.ts';
import { at32, at64, REPORT } from './subject.ts';

const { load, store } = Atomics;

const REASON = 'replaying the write-ahead log';

/** Texts. */
export const texts: Calls = {
  notReadyReason: {
    what: 'notReadyReason(), 29 bytes',
    phase: Phase.Starting,
    call: ({ lifecycle }) => {
      lifecycle.setStartingReason(REASON);
      return () => keepAny(lifecycle.notReadyReason());
    },
    hasNaive: true,
  },
  setStartingReason: {
    what: 'setStartingReason(text), 29 bytes',
    phase: Phase.Starting,
    call: ({ lifecycle }) => body(() => lifecycle.setStartingReason(REASON)),
    hasNaive: true,
    bare: ({ words32, words64 }) =>
      body(() => {
        // The text itself takes eight words; which operations are needed for those is open to debate.
        kept64[0] = load(words64, at64(AT_STATE));
        for (let word = 0; word < 8; word++) store(words32, at32(AT_MEMBERS) + 64 + word, word);
        kept[0] = load(words32, at32(AT_MEMBERS + MEMBER_SEQUENCE));
        store(words64, at64(AT_LATEST), 1n);
        store(words32, at32(AT_MEMBERS + MEMBER_SEQUENCE), 1);
      }),
  },
};

/** The place among the members. */
export const seats: Calls = {
  beat: {
    what: 'beat()',
    call: ({ lifecycle }) => body(() => lifecycle.beat()),
    hasNaive: true,
    bare: ({ words64 }) => body(() => void store(words64, at64(AT_MEMBERS + MEMBER_BEAT), 1n)),
  },
  noteReadinessProbe: {
    what: 'noteReadinessProbe()',
    call: ({ lifecycle }) => body(() => lifecycle.noteReadinessProbe()),
  },
  'attach and detach': {
    what: 'Lifecycle.attach(handle) and detach()',
    call: ({ lifecycle }) => {
      const handle = lifecycle.share();
      const { backend } = lifecycle;
      return () => {
        const other = Lifecycle.attach(handle, { backend });
        keepAny(other);
        other.detach();
      };
    },
  },
  share: {
    what: 'share()',
    call: ({ lifecycle }) => body(() => keepAny(lifecycle.share())),
  },
  'reap gone before': {
    what: 'reap(member) of a member that has left',
    call: ({ lifecycle }) => {
      const other = Lifecycle.attach(lifecycle.share(), { backend: lifecycle.backend });
      const { member } = other;
      other.detach();
      return () => keep(+lifecycle.reap(member));
    },
  },
};

/** Waits. */
export const waits: Calls = {
  onTransition: {
    isAsync: true,
    what: 'onTransition(listener) and its removal',
    call: ({ lifecycle }) =>
      body(async () => {
        lifecycle.onTransition(unheard)();
        // The removal is over when the listener's wait has heard of it.
        await undefined;
      }),
  },
  'waitFor reached': {
    isAsync: true,
    what: 'await waitFor(Phase.Ready) in Ready',
    call: ({ lifecycle }) => body(async () => keep((await lifecycle.waitFor(Phase.Ready)) ?? 0)),
  },
  'waitForSync reached': {
    what: 'waitForSync(Phase.Ready, 0) in Ready',
    call: ({ lifecycle }) => body(() => keep(lifecycle.waitForSync(Phase.Ready, 0) ?? 0)),
  },
  'drain nothing out': {
    isAsync: true,
    what: 'await drain() in Draining, no permit held',
    phase: Phase.Draining,
    call: ({ lifecycle }) => body(async () => keepAny(await lifecycle.drain())),
  },
  'shutdown over': {
    isAsync: true,
    what: 'await shutdown() of a lifecycle that has stopped: the same report',
    phase: Phase.ShuttingDown,
    call: ({ lifecycle }) => {
      lifecycle.finishShutdown(REPORT);
      return async () => keepAny(await lifecycle.shutdown());
    },
  },
  pipeline: {
    what: 'pipeline({ steps: [] }) and its undo',
    call: ({ lifecycle }) => body(() => lifecycle.pipeline({ steps: [] })()),
  },
};

function unheard(): void {}
