/**
 * A record as text: what it tells wherever it was cut, and whatever else is in it.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { firstLine, lineOf, readRecord } from '../../src/runtime/record/lines.ts';

const BEGUN = firstLine({ phase: 'starting', pid: 7, mark: 'm', startedAtMs: 5, readyAtMs: null });
const READY = lineOf('phase', { phase: 'ready', enteredAtMs: 6 });
const ACCEPTED = lineOf('accepted', { phase: 'ready', trigger: 'SIGTERM', leftMs: 100 });
const STEP = lineOf('step_started', { phase: 'shutting_down', step: 'flush_wal' });
const OVER = lineOf('step_ended', { phase: 'shutting_down', step: 'flush_wal', status: 'ok' });
const STOPPED = lineOf('phase', { phase: 'stopped', enteredAtMs: 9, ok: true });
const EXITED = lineOf('exited', { phase: 'stopped', exitCode: 0 });
const WHOLE = BEGUN + READY + ACCEPTED + STEP + OVER + STOPPED + EXITED;

type Alive = Parameters<typeof readRecord>[1];
const dead: Alive = () => false;
const outcomeOf = (text: string, alive: Alive = dead): unknown => readRecord(text, alive)?.outcome;

describe('a record', () => {
  it('that was cut at any byte tells what the whole lines before it tell', () => {
    for (let length = 0; length <= WHOLE.length; length++) {
      const cut = WHOLE.slice(0, length);
      // The end of a line is not part of what it says.
      const isWhole = length >= WHOLE.length - 1;
      if (length < BEGUN.length - 1) expect(readRecord(cut, dead)).toBe(undefined);
      else expect([length, outcomeOf(cut)]).toEqual([length, isWhole ? 'clean' : 'killed']);
    }
  });

  it('goes on after a line that was cut', () => {
    const torn = `${BEGUN}${ACCEPTED.slice(0, 20)}\n${STEP}`;
    expect(readRecord(torn, dead)).toMatchObject({ outcome: 'killed', step: 'flush_wal' });
  });

  it('tells of a process that runs that it does, only if it is the very one', () => {
    expect(outcomeOf(BEGUN, (pid, mark) => pid === 7 && mark === 'm')).toBe('running');
  });

  it.each([
    [
      'out of budget, whatever came before',
      [lineOf('crashed', { error: 'e' }), lineOf('out_of_budget')],
      'out_of_budget',
    ],
    ['crashed, where nothing came after it', [lineOf('crashed', { error: 'e' })], 'crashed'],
    [
      'killed, where the flush after a crash was cut',
      [lineOf('crashed', { error: 'e' }), ACCEPTED],
      'killed',
    ],
    [
      'clean, if an error that was caught after all came before',
      [lineOf('crashed', { error: 'e' }), ACCEPTED, STOPPED, EXITED],
      'clean',
    ],
    [
      'failed, if its report says so',
      [ACCEPTED, lineOf('phase', { phase: 'stopped', ok: false }), EXITED],
      'failed',
    ],
    [
      'failed, by the last exit code',
      [ACCEPTED, STOPPED, EXITED, lineOf('exited', { exitCode: 1 })],
      'failed',
    ],
    [
      'exited, in the middle of the shutdown',
      [ACCEPTED, STEP, lineOf('exited', { exitCode: 130 })],
      'exited',
    ],
  ])('tells %s', (_, lines, outcome) => {
    expect(outcomeOf(BEGUN + READY + lines.join(''))).toBe(outcome);
  });

  it('of a run whose handleSignals was undone tells nothing', () => {
    expect(readRecord(BEGUN + lineOf('undone'), dead)).toBe(null);
  });

  it('names the step in which it ended, else the first that failed, else the last', () => {
    const step = (name: string, status?: string): string =>
      status === undefined
        ? lineOf('step_started', { step: name })
        : lineOf('step_ended', { step: name, status });
    const run = (...lines: string[]): unknown => readRecord(BEGUN + lines.join(''), dead);
    const [a, b, c] = [step('a'), step('b'), step('c')];
    expect(run(a, b, step('b', 'failed'), c)).toMatchObject({ step: 'c', stepStatus: 'running' });
    expect(run(a, step('a', 'ok'), b, step('b', 'timed_out'), c, step('c', 'ok'))).toMatchObject({
      step: 'b',
      stepStatus: 'timed_out',
    });
    expect(run(a, step('a', 'ok'), b, step('b', 'ok'))).toMatchObject({
      step: 'b',
      stepStatus: 'ok',
    });
    expect(run()).toMatchObject({ step: null, stepStatus: null });
  });

  it.each([
    '',
    '7',
    'null',
    '[]',
    '{}',
    '{"tidegate":2,"pid":1,"startedAtMs":1}',
    '{"tidegate":1,"pid":"1"}',
  ])('is not %j', (text) => {
    expect(readRecord(text, dead)).toBe(undefined);
  });

  it('takes no value of another type, nor a word that it does not know', () => {
    const strange = [
      { event: 'phase', phase: 'finished', enteredAtMs: '9' },
      { event: 'accepted', trigger: { a: 1 }, atMs: 'now' },
      { event: 'step_ended', step: 'a', status: 'lost' },
      { event: 'crashed', error: 'x'.repeat(5_000) },
    ];
    const run = readRecord(
      BEGUN + strange.map((line) => `${JSON.stringify(line)}\n`).join(''),
      dead,
    );
    expect(run).toMatchObject({ phase: 'starting', trigger: null, step: null, acceptedAtMs: null });
    expect(run?.error).toHaveLength(200);
  });
});
