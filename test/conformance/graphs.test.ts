/**
 * Contract §7, steps over random graphs: what `step()` takes and refuses, and the order in which the
 * accepted ones run. A plain model says what is right; failures print their seed.
 *
 * @module
 */

import { array, assert, asyncProperty, constantFrom, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lifecycle, LifecycleError, StepTime } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { SUBJECTS, subjectNamed } from './suite.ts';

/** Names of every width up to 32 bytes, few enough to meet. */
const NAMES = ['a', 'b', 'c', 'd', 'flush_wal', 'é'.repeat(16), '🙂'.repeat(8), 'x'.repeat(32)];

/** One call: a step that is added, or the removal of one that was. */
interface Call {
  readonly name: string;
  readonly at: StepTime;
  readonly after: readonly string[] | null;
  /** Milliseconds that it takes; -1: it ends at once. */
  readonly takesMs: number;
  /** Removes what this call of the list added, if it did; and again, if it had been removed. */
  readonly removes: number | null;
}

/** What was added and is not removed, as the contract has it. */
interface Added {
  readonly name: string;
  readonly at: StepTime;
  readonly after: readonly string[] | null;
  /** What it waits for by the order of adding. */
  before: readonly string[];
}

const name = constantFrom(...NAMES);
const calls = array(
  record({
    name,
    at: constantFrom<StepTime[]>('accepted', 'drained', 'drained'),
    after: option(array(name, { maxLength: 3 })),
    takesMs: integer({ min: -1, max: 1 }),
    removes: option(integer({ min: 0, max: 5 }), { freq: 2 }),
  }),
  { maxLength: 24, size: 'max' },
);

const waitsOf = ({ after, before }: Added): readonly string[] => after ?? before;

/** True if `from` waits for `to`, or for something that does. */
function reaches(all: readonly Added[], from: string, to: string, seen: Set<string>): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const step = all.find((each) => each.name === from);
  return step !== undefined && waitsOf(step).some((next) => reaches(all, next, to, seen));
}

/** Why a call is to be refused, or the step that it adds. */
function expected(all: readonly Added[], { name, at, after }: Call): string | Added {
  if (all.some((each) => each.name === name)) return 'invalid_argument';
  const waitsForIt = (from: string): boolean => reaches(all, from, name, new Set());
  if (after?.some(waitsForIt) === true) return 'circular_steps';
  const isLate = all.some(
    (each) =>
      (at === 'accepted' && each.at === 'drained' && after?.includes(each.name) === true) ||
      (at === 'drained' && each.at === 'accepted' && each.after?.includes(name) === true),
  );
  if (isLate) return 'circular_steps';
  const before = all.filter((each) => each.at === at && !waitsForIt(each.name));
  return { name, at, after, before: before.map((each) => each.name) };
}

/** Makes the calls, and checks each answer; what is left in the end. */
function make(lifecycle: Lifecycle, plan: readonly Call[], ran: string[]): Added[] {
  let all: Added[] = [];
  const removals: { remove: () => void; added: Added }[] = [];
  for (const call of plan) {
    const removal = call.removes === null ? undefined : removals[call.removes];
    if (removal !== undefined) {
      removal.remove();
      if (!all.includes(removal.added)) continue;
      all = all.filter((each) => each !== removal.added);
      for (const each of all) {
        each.before = each.before.filter((before) => before !== removal.added.name);
      }
      continue;
    }
    const wanted = expected(all, call);
    let refusal: string | undefined;
    try {
      const run = async (): Promise<void> => {
        ran.push(call.name);
        if (call.takesMs >= 0) await new Promise((resolve) => setTimeout(resolve, call.takesMs));
      };
      const { name, at, after } = call;
      const remove = lifecycle.step({ name, at, run, ...(after !== null && { after }) });
      if (typeof wanted === 'object') removals.push({ remove, added: wanted });
    } catch (error) {
      refusal = (error as LifecycleError).code;
    }
    expect(refusal).toBe(typeof wanted === 'string' ? wanted : undefined);
    if (typeof wanted === 'object') all = [...all, wanted];
  }
  return all;
}

/** Notes what starts and ends, and checks at each end that whatever could start has started. */
function check(lifecycle: Lifecycle, all: readonly Added[]): { names: string[]; wrong: string[] } {
  const started = new Set<string>();
  const ended = new Set<string>();
  const open = new Set<StepTime>();
  const wrong: string[] = [];
  const names: string[] = [];
  const isKnown = (wanted: string): boolean => all.some((each) => each.name === wanted);
  const isFree = (step: Added): boolean =>
    open.has(step.at) && waitsOf(step).every((each) => ended.has(each) || !isKnown(each));
  const late = (): string[] =>
    all.filter((each) => isFree(each) && !started.has(each.name)).map((each) => each.name);
  lifecycle.onShutdown((event) => {
    if (event.type === 'accepted') open.add('accepted');
    if (event.type === 'drained') open.add('drained');
    if (event.type === 'step_started') {
      const step = all.find((each) => each.name === event.step);
      if (step === undefined || !isFree(step)) wrong.push(`${event.step} starts too early`);
      if (started.has(event.step)) wrong.push(`${event.step} starts twice`);
      started.add(event.step);
    }
    if (event.type === 'step_ended') {
      for (const each of late())
        wrong.push(`${each} could have started before ${event.step} ended`);
      ended.add(event.step);
      names.push(event.step);
    }
  });
  return { names, wrong };
}

describe.each(SUBJECTS)('%s', (subject) => {
  it('every step runs once, after just what it waits for, whatever was added and removed', async () => {
    await assert(
      asyncProperty(calls, async (plan) => {
        const lifecycle = subjectNamed(subject).create();
        // What waits for a step that never comes is logged.
        installLog(lifecycle, false);
        lifecycle.markReady();
        const ran: string[] = [];
        const all = make(lifecycle, plan, ran);
        const { names, wrong } = check(lifecycle, all);
        const report = await lifecycle.shutdown();
        expect(wrong).toEqual([]);
        expect([...ran].sort()).toEqual(all.map((each) => each.name).sort());
        expect(report.steps.map((each) => each.name)).toEqual(names);
        expect(report.steps.every(({ status }) => status === 'ok')).toBe(true);
        expect(report.flushedWal).toBe(ran.includes('flush_wal'));
      }),
      { numRuns: 250 },
    );
  });
});
