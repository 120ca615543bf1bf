/**
 * Calls that read: phase, times, cold start, snapshot, report.
 *
 * @module
 */

import { AT_HOST, AT_STATE } from '../../assembly/layout.ts';
import type { Lifecycle } from '../../src/lifecycle/lifecycle.ts';
import { Phase } from '../../src/lifecycle/phase.ts';
import type { Calls } from './call.ts';
import { body } from './case.ts';
import { keep, keep64, keepAny, kept64 } from './sink.ts';
import { at64, type BareSubject, enteredAt, REPORT } from './subject.ts';

const { load } = Atomics;

const bareState = ({ words64 }: BareSubject) => body(() => keep64(load(words64, at64(AT_STATE))));
const bareHost = ({ words64 }: BareSubject) => body(() => keep64(load(words64, at64(AT_HOST))));
const bareStart = ({ words64 }: BareSubject) =>
  body(() => {
    kept64[0] = load(words64, at64(AT_STATE));
    kept64[0] = load(words64, at64(enteredAt(Phase.Starting)));
  });

/** Calls that read: phase, times, cold start, snapshot, report. */
export const reads: Calls = {
  phase: {
    what: 'phase()',
    call: ({ lifecycle }) => body(() => keep(lifecycle.phase())),
    hasNaive: true,
    bare: bareState,
  },
  startedAtMs: {
    what: 'startedAtMs(): a time of a phase that is past',
    call: ({ lifecycle }) => body(() => keep(lifecycle.startedAtMs())),
    hasNaive: true,
    bare: bareStart,
  },
  readyAtMs: {
    what: 'readyAtMs(): the time of the current phase',
    call: ({ lifecycle }) => body(() => keep(lifecycle.readyAtMs() ?? 0)),
    hasNaive: true,
    bare: bareState,
  },
  drainingAtMs: {
    what: 'drainingAtMs(): the time of a phase that is not reached',
    call: ({ lifecycle }) => body(() => keep(lifecycle.drainingAtMs() ?? 0)),
    bare: bareState,
  },
  ageMs: {
    what: 'ageMs()',
    call: ({ lifecycle }) => body(() => keep(lifecycle.ageMs())),
    bare: bareStart,
  },
  coldStartPhases: {
    what: 'coldStartPhases(), no mark set: each is looked for, and none is new',
    call: ({ lifecycle }) => body(() => keepAny(lifecycle.coldStartPhases())),
    hasNaive: true,
  },
  'coldStartPhases all set': {
    what: 'coldStartPhases(), six marks set: no stage is new',
    call: ({ lifecycle }) => {
      markAll(lifecycle);
      return () => keepAny(lifecycle.coldStartPhases());
    },
  },
  durationsMs: {
    what: 'coldStartPhases().durationsMs(), six marks set',
    call: ({ lifecycle }) => {
      markAll(lifecycle);
      return () => keepAny(lifecycle.coldStartPhases().durationsMs());
    },
  },
  snapshot: {
    what: 'snapshot()',
    call: ({ lifecycle }) => body(() => keepAny(lifecycle.snapshot())),
  },
  shutdownRequested: {
    what: 'shutdownRequested()',
    call: ({ lifecycle }) => body(() => keep(+lifecycle.shutdownRequested())),
    bare: bareHost,
  },
  shutdownLeftMs: {
    what: 'shutdownLeftMs() while no shutdown is accepted',
    call: ({ lifecycle }) => body(() => keep(lifecycle.shutdownLeftMs() ?? 0)),
    bare: bareHost,
  },
  shutdownReport: {
    what: 'shutdownReport() of a stopped lifecycle, no steps',
    phase: Phase.ShuttingDown,
    call: ({ lifecycle }) => {
      lifecycle.finishShutdown(REPORT);
      return () => keepAny(lifecycle.shutdownReport());
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
