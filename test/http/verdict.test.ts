/**
 * What the page and the command line make of a snapshot: the verdict, the course of the shutdown, its
 * deadline, and the names of threads. How it looks is in `test/page/` and `test/cli/`.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { courseOf, deadlineOf } from '../../src/http/course.ts';
import { previousRun } from '../../src/http/previous.ts';
import type { CheckOnWire, Status } from '../../src/http/status.ts';
import { statusOf } from '../../src/http/status.ts';
import { threadName, verdictOf } from '../../src/http/verdict.ts';
import { HOLD_NAMES } from '../../src/lifecycle/gate.ts';
import { PHASES, REPORT, Subject } from './ask.ts';

const check = (more: Partial<CheckOnWire> = {}): CheckOnWire => ({
  name: 'database',
  healthy: false,
  affects: 'ready',
  since_ms: 3_000,
  error: null,
  member: 0,
  ...more,
});
const seen = (phase: number, more: Partial<Status> = {}): Status => ({
  ...statusOf(new Subject().in(phase).lifecycle),
  ...more,
});

describe('the verdict', () => {
  it.each([0, 1, 2, 3, 4])('in phase %i says whether a write is admitted', (phase) => {
    const words = (PHASES[phase] ?? '').replace('_', ' ');
    const text = phase === 1 ? 'Writes are admitted' : `Writes are refused: ${words}`;
    const tone = ['between', 'good', 'between', 'between', 'over'][phase];
    expect(verdictOf(seen(phase))).toMatchObject({ text, tone });
  });

  it.each(HOLD_NAMES)('names the hold %s, as the gate would', (hold) => {
    const subject = new Subject().in(1);
    subject.lifecycle.gate.hold(hold);
    const { text, tone } = verdictOf(statusOf(subject.lifecycle));
    expect([text, tone]).toEqual([`Writes are refused: ${hold.replace('_', ' ')}`, 'between']);
    expect(subject.lifecycle.gate.tryEnter('write')).toBe(null);
  });

  it('has the reason of the application while it starts', () => {
    const subject = new Subject();
    subject.lifecycle.setStartingReason('index 17 of 40');
    expect(verdictOf(statusOf(subject.lifecycle)).reason).toBe('index 17 of 40');
  });

  it('says what load balancers see, where that differs from what the gate does', async () => {
    const fails = verdictOf(seen(1, { checks: [check()] }));
    expect(fails).toMatchObject({
      text: 'Writes are admitted',
      note: 'Load balancers are told that it is not ready: check database fails',
      tone: 'between',
    });
    expect(verdictOf(seen(1, { checks: [check({ affects: 'nothing' })] })).note).toBe(null);
    expect(verdictOf(seen(1, { checks: [check({ healthy: true })] })).tone).toBe('good');
    const { lifecycle } = new Subject().in(1);
    lifecycle.pipeline({ steps: [], preDrainMs: 50 });
    const over = lifecycle.shutdown();
    expect(verdictOf(statusOf(lifecycle)).note).toMatch(/^A shutdown was accepted/);
    await over;
  });

  it('says what did not go well', () => {
    const { lifecycle } = new Subject();
    lifecycle.finishShutdown({
      ...REPORT,
      drained: false,
      failed: true,
      steps: [
        { name: 'flush_wal', status: 'failed', durationMs: 1 },
        { name: 'backup', status: 'timed_out', durationMs: 1 },
      ],
    });
    expect(verdictOf(statusOf(lifecycle))).toMatchObject({
      tone: 'bad',
      note: 'The shutdown did not go well: 2 steps failed, something was still in flight, it was reported as failed',
    });
  });
});

describe('the course of a shutdown', () => {
  it('is empty while nobody asked for one', () => {
    expect(courseOf(seen(1))).toEqual([]);
    expect(deadlineOf(seen(1))).toBe(null);
  });

  it('has waits and steps where they were, those that run up to now, and those to come', () => {
    const status = seen(1, {
      phase: 'shutting_down',
      at_ms: 11_000,
      draining_at_ms: 2_000,
      shutting_down_at_ms: 3_000,
      steps: [{ name: 'a', status: 'failed', duration_ms: 1_000, error: 'no' }],
      step_ends_ms: [4_000],
      shutdown: {
        trigger: 'SIGTERM',
        running: ['b'],
        pending: ['c'],
        left_ms: 10_000,
      },
      accepted_at_ms: 1_000,
      running_since_ms: [5_000],
    });
    expect(courseOf(status)).toEqual([
      { name: 'load balancers leave', state: 'done', ms: 1_000, from: 0, to: 0.1 },
      { name: 'requests finish', state: 'done', ms: 1_000, from: 0.1, to: 0.2 },
      { name: 'a', state: 'failed', ms: 1_000, error: 'no', from: 0.3, to: 0.4 },
      { name: 'b', state: 'running', ms: 5_000, from: 0.5, to: 1 },
      { name: 'c', state: 'pending', ms: null, from: 0, to: 0 },
    ]);
    expect(deadlineOf(status)).toEqual({ leftMs: 10_000, budgetMs: 20_000, used: 0.5 });
  });

  it('stays on the line where a clock was set back, or the budget is overspent', () => {
    const status = seen(1, {
      phase: 'shutting_down',
      at_ms: 500,
      draining_at_ms: 900,
      shutting_down_at_ms: 100,
      steps: [{ name: 'a', status: 'ok', duration_ms: 9_000 }],
      step_ends_ms: [10],
      shutdown: {
        trigger: null,
        running: ['b', 'unknown'],
        pending: [],
        left_ms: -5,
      },
      accepted_at_ms: 1_000,
      running_since_ms: [700],
    });
    for (const { from, to, ms } of courseOf(status)) {
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(1);
      expect(ms ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect(deadlineOf(status)).toMatchObject({ leftMs: -5, used: 0 });
  });

  it('is that of a real one, over its whole length', async () => {
    const { lifecycle } = new Subject().in(1);
    const permit = lifecycle.gate.tryEnter('write');
    const during: Status[] = [];
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 30));
    const run = async (): Promise<void> => {
      await pause();
      during.push(statusOf(lifecycle));
    };
    lifecycle.pipeline({
      preDrainMs: 30,
      steps: [
        { name: 'a', run },
        { name: 'b', run },
      ],
    });
    const over = lifecycle.shutdown();
    await lifecycle.waitFor(2);
    await pause();
    permit?.release();
    await over;
    const [first, second] = during.map(courseOf);
    expect(first?.map(({ state }) => state)).toEqual(['done', 'done', 'running', 'pending']);
    expect(second?.map(({ state }) => state)).toEqual(['done', 'done', 'ok', 'running']);
    const legs = courseOf(statusOf(lifecycle));
    expect(legs.map(({ state }) => state)).toEqual(['done', 'done', 'ok', 'ok']);
    // One after the other, each where the one before it ended; milliseconds are rounded.
    for (const [index, { from }] of legs.entries()) {
      const before = legs[index - 1]?.to ?? 0;
      expect(from).toBeGreaterThan(before - 0.1);
      expect(legs[index]?.ms ?? 0).toBeGreaterThanOrEqual(28);
    }
    expect(legs[0]?.from).toBe(0);
  });
});

describe('threads', () => {
  it.each([
    [{ thread_id: 0 }, 'main thread'],
    [{ thread_id: 3 }, 'worker 3'],
    [{ thread_id: null }, 'thread of member 5'],
    [{ thread_id: 2, is_probes: true }, 'probe thread'],
  ])('%j is the %s', (more, name) => {
    const rest = { incarnation: 1, writes: 0, queries: 0, blocked_ms: null, is_probes: false };
    const member = { member: 5, ...rest, ...more };
    expect(threadName(member)).toBe(name);
  });
});

describe('the previous run', () => {
  const run = {
    outcome: 'clean',
    pid: 7,
    started_at_ms: 1,
    ready_at_ms: 2,
    accepted_at_ms: 3,
    ended_at_ms: 5_000,
    last_seen_at_ms: 4_000,
    trigger: 'SIGTERM',
    phase: 'stopped',
    step: 'flush_wal',
    step_status: 'ok',
    exit_code: 0,
    error: null,
  } as const;

  it.each([
    [{}, 'ended cleanly, asked by SIGTERM, 5 s ago'],
    [
      { outcome: 'failed', step_status: 'timed_out', exit_code: 1 },
      'stopped with exit code 1, but not all went well: step flush_wal timed out, asked by SIGTERM, 5 s ago',
    ],
    [
      { outcome: 'crashed', step: null, phase: 'ready', error: 'Error: boom' },
      'crashed while ready: Error: boom, 5 s ago',
    ],
    [
      { outcome: 'exited', step: null, phase: 'starting', exit_code: 3 },
      'exited while starting, with exit code 3, 5 s ago',
    ],
    [
      { outcome: 'out_of_budget', step_status: 'running' },
      'killed at the end of its budget, in step flush_wal, asked by SIGTERM, 5 s ago',
    ],
    [
      { outcome: 'killed', ended_at_ms: null, step: null, phase: 'draining' },
      'killed while draining, last seen 6 s ago',
    ],
    [
      { outcome: 'running', ended_at_ms: null, phase: 'ready' },
      'still ready when this one started, last seen 6 s ago',
    ],
    [{ ended_at_ms: 60_000 }, 'ended cleanly, asked by SIGTERM'],
  ] as const)('%j is told in a line', (more, line) => {
    const status = seen(1, { at_ms: 10_000, previous_run: { ...run, ...more } });
    expect(previousRun(status)).toBe(line);
  });

  it('is not spoken of where nothing is known', () => {
    expect(previousRun(seen(1, { previous_run: null }))).toBe(null);
  });
});
