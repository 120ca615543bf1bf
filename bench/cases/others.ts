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
import { kept, kept64, sink } from './sink.ts';
import { at32, at64, REPORT } from './subject.ts';

const { load, store } = Atomics;

const REASON = 'replaying the write-ahead log';

/** The other calls: texts, waits, and the place among the members. */
export const others: Calls = {
  notReadyReason: {
    group: 'text',
    what: 'notReadyReason(), 29 bytes',
    phase: Phase.Starting,
    call: ({ lifecycle }) => {
      lifecycle.setStartingReason(REASON);
      return () => {
        sink.value = lifecycle.notReadyReason();
      };
    },
    naive: ({ lifecycle }) => {
      lifecycle.setStartingReason(REASON);
      return () => {
        sink.value = lifecycle.notReadyReason();
      };
    },
  },
  setStartingReason: {
    group: 'text',
    what: 'setStartingReason(text), 29 bytes',
    phase: Phase.Starting,
    call:
      ({ lifecycle }) =>
      () =>
        lifecycle.setStartingReason(REASON),
    naive:
      ({ lifecycle }) =>
      () =>
        lifecycle.setStartingReason(REASON),
    bare:
      ({ words32, words64 }) =>
      () => {
        // The text itself takes eight words; which operations are needed for those is open to debate.
        kept64[0] = load(words64, at64(AT_STATE));
        for (let word = 0; word < 8; word++) store(words32, at32(AT_MEMBERS) + 64 + word, word);
        kept[0] = load(words32, at32(AT_MEMBERS + MEMBER_SEQUENCE));
        store(words64, at64(AT_LATEST), 1n);
        store(words32, at32(AT_MEMBERS + MEMBER_SEQUENCE), 1);
      },
  },
  beat: {
    group: 'seat',
    what: 'beat()',
    call:
      ({ lifecycle }) =>
      () =>
        lifecycle.beat(),
    naive:
      ({ lifecycle }) =>
      () =>
        lifecycle.beat(),
    bare:
      ({ words64 }) =>
      () => {
        store(words64, at64(AT_MEMBERS + MEMBER_BEAT), 1n);
      },
  },
  noteReadinessProbe: {
    group: 'seat',
    what: 'noteReadinessProbe()',
    call:
      ({ lifecycle }) =>
      () =>
        lifecycle.noteReadinessProbe(),
  },
  'attach and detach': {
    group: 'seat',
    what: 'Lifecycle.attach(handle) and detach()',
    call: ({ lifecycle }) => {
      const handle = lifecycle.share();
      const { backend } = lifecycle;
      return () => {
        const other = Lifecycle.attach(handle, { backend });
        sink.value = other;
        other.detach();
      };
    },
  },
  share: {
    group: 'seat',
    what: 'share()',
    call:
      ({ lifecycle }) =>
      () => {
        sink.value = lifecycle.share();
      },
  },
  'reap gone before': {
    group: 'seat',
    what: 'reap(member) of a member that has left',
    call: ({ lifecycle }) => {
      const other = Lifecycle.attach(lifecycle.share(), { backend: lifecycle.backend });
      const { member } = other;
      other.detach();
      return () => {
        kept[0] = +lifecycle.reap(member);
      };
    },
  },
  onTransition: {
    group: 'wait',
    isAsync: true,
    what: 'onTransition(listener) and its removal',
    call: ({ lifecycle }) => {
      const listener = (): void => {};
      return async () => {
        const undo = lifecycle.onTransition(listener);
        undo();
        // The removal is over when the listener's wait has heard of it.
        await undefined;
      };
    },
  },
  'waitFor reached': {
    group: 'wait',
    isAsync: true,
    what: 'await waitFor(Phase.Ready) in Ready',
    call:
      ({ lifecycle }) =>
      async () => {
        kept[0] = (await lifecycle.waitFor(Phase.Ready)) ?? 0;
      },
  },
  'waitForSync reached': {
    group: 'wait',
    what: 'waitForSync(Phase.Ready, 0) in Ready',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.waitForSync(Phase.Ready, 0) ?? 0;
      },
  },
  'drain nothing out': {
    group: 'wait',
    isAsync: true,
    what: 'await drain() in Draining, no permit out',
    phase: Phase.Draining,
    call:
      ({ lifecycle }) =>
      async () => {
        sink.value = await lifecycle.drain();
      },
  },
  'shutdown over': {
    group: 'wait',
    isAsync: true,
    what: 'await shutdown() of a lifecycle that has stopped: the same report',
    phase: Phase.ShuttingDown,
    call: ({ lifecycle }) => {
      lifecycle.finishShutdown(REPORT);
      return async () => {
        sink.value = await lifecycle.shutdown();
      };
    },
  },
  pipeline: {
    group: 'wait',
    what: 'pipeline({ steps: [] }) and its undo',
    call:
      ({ lifecycle }) =>
      () => {
        lifecycle.pipeline({ steps: [] })();
      },
  },
};
