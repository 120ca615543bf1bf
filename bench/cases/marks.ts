/**
 * Calls that mark the stages of a cold start.
 *
 * @module
 */

import { AT_MARKS } from '../../assembly/layout.ts';
import type { Calls } from './call.ts';
import { kept, kept64, sink } from './sink.ts';
import { at64, MOMENT_MS } from './subject.ts';

const { load, compareExchange } = Atomics;

/** Calls that mark the stages of a cold start. */
export const marks: Calls = {
  'mark set before': {
    group: 'mark',
    what: 'markRestoreStarted() of a mark that is set',
    call: ({ lifecycle }) => {
      lifecycle.markRestoreStarted();
      return () => {
        kept[0] = +lifecycle.markRestoreStarted();
      };
    },
    naive: ({ lifecycle }) => {
      lifecycle.markRestoreStarted();
      return () => {
        kept[0] = +lifecycle.markRestoreStarted();
      };
    },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_MARKS));
      },
  },
  mark: {
    group: 'mark',
    what: 'markRestoreStarted() of a mark that is not set',
    call:
      ({ lifecycle, unmark }) =>
      () => {
        unmark();
        kept[0] = +lifecycle.markRestoreStarted();
      },
    naive:
      ({ lifecycle, unmark }) =>
      () => {
        unmark();
        kept[0] = +lifecycle.markRestoreStarted();
      },
    bare: ({ words64, unmark }) => {
      const moment = BigInt(MOMENT_MS);
      return () => {
        unmark();
        kept64[0] = load(words64, at64(AT_MARKS));
        kept64[0] = compareExchange(words64, at64(AT_MARKS), 0n, moment);
      };
    },
  },
  backfill: {
    group: 'mark',
    what: 'setRestoreStartedAtMs(ms) of a mark that is not set',
    call:
      ({ lifecycle, unmark }) =>
      () => {
        unmark();
        kept[0] = +lifecycle.setRestoreStartedAtMs(MOMENT_MS);
      },
    naive:
      ({ lifecycle, unmark }) =>
      () => {
        unmark();
        kept[0] = +lifecycle.setRestoreStartedAtMs(MOMENT_MS);
      },
    bare: ({ words64, unmark }) => {
      const moment = BigInt(MOMENT_MS);
      return () => {
        unmark();
        kept64[0] = compareExchange(words64, at64(AT_MARKS), 0n, moment);
      };
    },
  },
  stage: {
    group: 'mark',
    what: "stage('cache_fill'), registered before",
    call:
      ({ lifecycle }) =>
      () => {
        sink.value = lifecycle.stage('cache_fill');
      },
  },
  'stage mark set before': {
    group: 'mark',
    what: 'markStarted() of a stage, set before',
    call: ({ lifecycle }) => {
      const stage = lifecycle.stage('cache_fill');
      stage.markStarted();
      return () => {
        kept[0] = +stage.markStarted();
      };
    },
    bare:
      ({ words64 }) =>
      () => {
        kept64[0] = load(words64, at64(AT_MARKS));
      },
  },
};
