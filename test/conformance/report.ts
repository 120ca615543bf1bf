/**
 * Contract §5: the report that an application gives to `finishShutdown`.
 *
 * @module
 */

import type { ShutdownReportInput, StepReport } from '../../src/index.ts';
import { equal, holds, throws } from './claims.ts';
import { inPhase, REPORT, type Suite } from './suite.ts';

const STEP: StepReport = Object.freeze({ name: 'flush', status: 'ok', durationMs: 3 });
const DEFAULTS = { drained: true, takenOver: false, failed: false, trigger: null, steps: [] };

/** Each makes of a good report a bad one. */
const WRONG: readonly (readonly [what: string, part: Readonly<Record<string, unknown>>])[] = [
  ...['flushedWal', 'finalCheckpoint', 'backupUploaded'].flatMap((field) =>
    [undefined, null, 1, 'true'].map((value) => [`${field} ${value}`, { [field]: value }] as const),
  ),
  ...['durationMs', 'startedAtMs', 'completedAtMs'].flatMap((field) =>
    [undefined, null, -1, 0.5, Number.NaN, 2 ** 53, '1'].map(
      (value) => [`${field} ${value}`, { [field]: value }] as const,
    ),
  ),
  ['drained 1', { drained: 1 }],
  ['takenOver "no"', { takenOver: 'no' }],
  ['trigger 5', { trigger: 5 }],
  ['steps {}', { steps: {} }],
  [
    '33 steps',
    { steps: Array.from({ length: 33 }, (_, index) => ({ ...STEP, name: `s${index}` })) },
  ],
  ['a step that is null', { steps: [null] }],
  ['a step without a name', { steps: [{ ...STEP, name: '' }] }],
  ['a step with a name of 33 bytes', { steps: [{ ...STEP, name: `x${'é'.repeat(16)}` }] }],
  ['a step with another status', { steps: [{ ...STEP, status: 'done' }] }],
  ['a step that took -1 ms', { steps: [{ ...STEP, durationMs: -1 }] }],
  ['a step whose error is 5', { steps: [{ ...STEP, error: 5 }] }],
];

export const report: Suite = {
  name: 'the shutdown report',
  behaviours: [
    {
      title: 'there is one exactly when the phase is Stopped',
      run: (subject) => {
        for (const phase of [0, 1, 2, 3]) {
          const lifecycle = inPhase(subject.create(), phase);
          equal([lifecycle.shutdownReport(), lifecycle.snapshot().report], [null, null]);
        }
        equal(inPhase(subject.create(), 4).shutdownReport(), { ...REPORT, ...DEFAULTS });
      },
    },
    {
      title: 'every field comes back as it was given, defaults filled in',
      run: (subject) => {
        const full = {
          flushedWal: false,
          finalCheckpoint: true,
          backupUploaded: false,
          durationMs: 0,
          startedAtMs: Number.MAX_SAFE_INTEGER,
          completedAtMs: 5,
          drained: false,
          takenOver: true,
          failed: true,
          trigger: 'SIGTERM',
          steps: [
            STEP,
            { name: 'n'.repeat(32), status: 'failed' as const, durationMs: 0, error: '' },
            { name: 'é', status: 'timed_out' as const, durationMs: 2 ** 40, error: 'too late' },
            { name: 's', status: 'skipped' as const, durationMs: 1 },
          ],
        };
        const lifecycle = subject.create();
        equal(lifecycle.finishShutdown(full), true);
        equal(lifecycle.shutdownReport(), full);
        equal(lifecycle.snapshot().report, full);
      },
    },
    {
      title: '32 steps fit; an error is cut at 72 bytes, a trigger at 64',
      run: (subject) => {
        const steps = Array.from({ length: 32 }, (_, index) => ({
          name: `step_${index}`,
          status: 'failed' as const,
          durationMs: index,
          error: '€'.repeat(30),
        }));
        const lifecycle = subject.create();
        lifecycle.finishShutdown({ ...REPORT, steps, trigger: 'é'.repeat(40) });
        const found = lifecycle.shutdownReport();
        equal(
          found?.steps,
          steps.map((step) => ({ ...step, error: '€'.repeat(24) })),
        );
        equal(found?.trigger, 'é'.repeat(32));
      },
    },
    {
      title: 'the first report stays',
      run: (subject) => {
        const lifecycle = inPhase(subject.create(), 4);
        equal(lifecycle.finishShutdown({ ...REPORT, durationMs: 99 }), false);
        equal(lifecycle.shutdownReport()?.durationMs, REPORT.durationMs);
      },
    },
    {
      title: 'what is passed in and what is returned are copies',
      run: (subject) => {
        const steps = [{ ...STEP }];
        const given: { -readonly [K in keyof ShutdownReportInput]: ShutdownReportInput[K] } = {
          ...REPORT,
          steps,
        };
        const lifecycle = subject.create();
        lifecycle.finishShutdown(given);
        given.durationMs = 1;
        steps.push({ ...STEP, name: 'other' });
        const first = lifecycle.shutdownReport();
        equal([first?.durationMs, first?.steps.length], [REPORT.durationMs, 1]);
        if (first !== null) Object.assign(first, { durationMs: 2, steps: [] });
        const second = lifecycle.shutdownReport();
        equal([second?.durationMs, second?.steps], [REPORT.durationMs, [STEP]]);
        holds(first !== second, 'the same object twice');
      },
    },
    ...WRONG.map(([what, part]) => ({
      title: `${what} is refused, and the phase stays`,
      run: (subject: Parameters<Suite['behaviours'][number]['run']>[0]) => {
        const lifecycle = inPhase(subject.create(), 1);
        const wrong = { ...REPORT, ...part } as ShutdownReportInput;
        throws(() => lifecycle.finishShutdown(wrong), 'invalid_argument');
        equal([lifecycle.phase(), lifecycle.shutdownReport()], [1, null]);
        equal(lifecycle.finishShutdown(REPORT), true);
      },
    })),
    {
      title: 'what is no object is refused',
      run: (subject) => {
        const lifecycle = subject.create();
        for (const wrong of [undefined, null, 5, 'report']) {
          throws(() => lifecycle.finishShutdown(wrong as never), 'invalid_argument');
        }
        equal(lifecycle.phase(), 0);
      },
    },
  ],
};
