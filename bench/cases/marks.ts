/**
 * Calls that mark the stages of a cold start.
 *
 * @module
 */

import { AT_MARKS } from '../../assembly/layout.ts';
import type { Calls } from './call.ts';
import { body } from './case.ts';
import { keep, keep64, keepAny, kept, kept64 } from './sink.ts';
import { at64, type BareSubject, MOMENT_MS } from './subject.ts';

const { load, compareExchange } = Atomics;

const bareMark = ({ words64 }: BareSubject) => body(() => keep64(load(words64, at64(AT_MARKS))));

/** Calls that mark the stages of a cold start. */
export const marks: Calls = {
  'mark set before': {
    what: 'markRestoreStarted() of a mark that is set',
    call: ({ lifecycle }) => {
      lifecycle.markRestoreStarted();
      return () => keep(+lifecycle.markRestoreStarted());
    },
    hasNaive: true,
    bare: bareMark,
  },
  mark: {
    what: 'markRestoreStarted() of a mark that is not set',
    call: ({ lifecycle, unmark }) =>
      body(() => {
        unmark();
        kept[0] = +lifecycle.markRestoreStarted();
      }),
    hasNaive: true,
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
    what: 'setRestoreStartedAtMs(ms) of a mark that is not set',
    call: ({ lifecycle, unmark }) =>
      body(() => {
        unmark();
        kept[0] = +lifecycle.setRestoreStartedAtMs(MOMENT_MS);
      }),
    hasNaive: true,
    bare: ({ words64, unmark }) => {
      const moment = BigInt(MOMENT_MS);
      return () => {
        unmark();
        kept64[0] = compareExchange(words64, at64(AT_MARKS), 0n, moment);
      };
    },
  },
  stage: {
    what: "stage('cache_fill'), registered before",
    call: ({ lifecycle }) => body(() => keepAny(lifecycle.stage('cache_fill'))),
  },
  'stage mark set before': {
    what: 'markStarted() of a stage, set before',
    call: ({ lifecycle }) => {
      const stage = lifecycle.stage('cache_fill');
      stage.markStarted();
      return () => keep(+stage.markStarted());
    },
    bare: bareMark,
  },
};
