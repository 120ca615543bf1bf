/**
 * Calls that read: phase, times, cold start, snapshot, report.
 *
 * @module
 */

import { AT_HOST, AT_STATE } from '../../assembly/layout.ts';
import type { Lifecycle } from '../../src/lifecycle/lifecycle.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { kept, kept64, sink } from './sink.ts';
import { at64, enteredAt, REPORT } from './subject.ts';

const { load } = Atomics;

/** Calls that read: phase, times, cold start, snapshot, report. */
export const reads: Calls = {
  phase: {
    group: 'read',
    what: 'phase()',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.phase();
      },
    naive:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.phase();
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
      },
  },
  startedAtMs: {
    group: 'read',
    what: 'startedAtMs(): a time of a phase that is past',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.startedAtMs();
      },
    naive:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.startedAtMs();
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
        kept64[0] = load(words64, at64(enteredAt(Phase.Starting)));
      },
  },
  readyAtMs: {
    group: 'read',
    what: 'readyAtMs(): the time of the phase that is',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.readyAtMs() ?? 0;
      },
    naive:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.readyAtMs() ?? 0;
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
      },
  },
  drainingAtMs: {
    group: 'read',
    what: 'drainingAtMs(): the time of a phase that is not reached',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.drainingAtMs() ?? 0;
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
      },
  },
  ageMs: {
    group: 'read',
    what: 'ageMs()',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.ageMs();
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_STATE));
        kept64[0] = load(words64, at64(enteredAt(Phase.Starting)));
      },
  },
  coldStartPhases: {
    group: 'read',
    what: 'coldStartPhases(), no mark set: each is looked for, and none is new',
    call:
      ({ lifecycle }) =>
      () => {
        sink.value = lifecycle.coldStartPhases();
      },
    naive:
      ({ lifecycle }) =>
      () => {
        sink.value = lifecycle.coldStartPhases();
      },
  },
  'coldStartPhases all set': {
    group: 'read',
    what: 'coldStartPhases(), six marks set: no stage is new',
    call: ({ lifecycle }) => {
      markAll(lifecycle);
      return () => {
        sink.value = lifecycle.coldStartPhases();
      };
    },
  },
  durationsMs: {
    group: 'read',
    what: 'coldStartPhases().durationsMs(), six marks set',
    call: ({ lifecycle }) => {
      markAll(lifecycle);
      return () => {
        sink.value = lifecycle.coldStartPhases().durationsMs();
      };
    },
  },
  snapshot: {
    group: 'read',
    what: 'snapshot()',
    call:
      ({ lifecycle }) =>
      () => {
        sink.value = lifecycle.snapshot();
      },
  },
  shutdownRequested: {
    group: 'read',
    what: 'shutdownRequested()',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = +lifecycle.shutdownRequested();
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_HOST));
      },
  },
  shutdownLeftMs: {
    group: 'read',
    what: 'shutdownLeftMs() while no shutdown is accepted',
    call:
      ({ lifecycle }) =>
      () => {
        kept[0] = lifecycle.shutdownLeftMs() ?? 0;
      },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_HOST));
      },
  },
  shutdownReport: {
    group: 'read',
    what: 'shutdownReport() of a stopped lifecycle, no steps',
    phase: Phase.ShuttingDown,
    call: ({ lifecycle }) => {
      lifecycle.finishShutdown(REPORT);
      return () => {
        sink.value = lifecycle.shutdownReport();
      };
    },
  },
};

function markAll(lifecycle: Lifecycle): void {
  lifecycle.markRestoreStarted();
  lifecycle.markRestoreReady();
  lifecycle.markWalReplayStarted();
  lifecycle.markWalReplayReady();
  lifecycle.markIndexWarmupStarted();
  lifecycle.markIndexWarmupReady();
}
