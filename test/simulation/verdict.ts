/**
 * What the end of a life must be like (docs/contract.md, sections 5 to 7 and 9).
 *
 * @module
 */

import type { ShutdownReport } from '../../src/index.ts';
import type { Ledger } from './ledger.ts';
import { DRAINING, READY, SHUTTING_DOWN, STOPPED } from './phases.ts';
import type { Exit } from './process.ts';

/** Budget of a thread that has steps and no pipeline, or nothing at all. */
const DEFAULT_BUDGET_MS = 25_000;
/** What a run may need beyond its deadline: turns of timers. */
const SLACK_MS = 400;
/** Within it a second signal is the same request. */
const REPEAT_MS = 250;
const SIGINT = 2;

/** What the world says at the end. */
export interface Finale {
  readonly nowMs: number;
  readonly exit: Exit | undefined;
  readonly threads: readonly {
    /** It takes part. */
    readonly isAlive: boolean;
    /** Timers that keep the process alive. */
    readonly keeping: number;
    readonly report: unknown;
  }[];
}

/** All that does not hold. */
export function sentence(ledger: Ledger, finale: Finale): string[] {
  const { exit, threads } = finale;
  const report = theReport(threads);
  const faults = [...endOfTime(ledger, finale)];
  if (exit !== undefined) faults.push(...endOfProcess(ledger, exit, report));
  else if (ledger.plan.signals?.exit && ledger.phase === STOPPED && !ledger.isGone(0)) {
    faults.push('§9: Stopped, and the process has not ended');
  }
  // A process that was made to end has nobody left to be asked.
  if (exit !== undefined && (exit.by !== 'exit' || exit.code >= 128)) return faults;
  threads.forEach((state, thread) => {
    if (state.isAlive && exit === undefined) faults.push(...endOfThread(ledger, thread, state));
  });
  faults.push(...theWay(ledger));
  return [...faults, ...endOfReports(ledger, threads), ...truth(ledger, report)];
}

function theReport(threads: Finale['threads']): ShutdownReport | undefined {
  const found = threads.find(({ report }) => typeof report === 'object' && report !== null);
  return found?.report as ShutdownReport | undefined;
}

/** Whoever was asked has come to the end, within the budget. */
function* endOfTime(ledger: Ledger, { exit, nowMs }: Finale): Iterable<string> {
  const { acceptedMs, stoppedMs, plan, ownedBy } = ledger;
  if (acceptedMs === undefined) return;
  if (ledger.phase !== STOPPED) {
    const isOwned = ownedBy !== undefined && !ledger.isOwnerLost;
    if (exit === undefined && !isOwned && ledger.isCared()) {
      yield `§7: accepted at ${acceptedMs}, and not Stopped at ${nowMs}`;
    }
    return;
  }
  if (stoppedMs === undefined || ownedBy !== undefined) return;
  const host = ledger.hosts.at(-1)?.thread;
  const isOwn = !ledger.called.has('finish');
  if (isOwn && host !== undefined && !ledger.isGone(host) && ledger.stoppedBy === undefined) {
    yield `§7: thread ${host} hosted, and was not told of Stopped`;
  }
  const budgets = plan.members.map(({ pipeline }) => pipeline?.budgetMs ?? DEFAULT_BUDGET_MS);
  let lateMs = SLACK_MS + 20 * plan.latenessMs;
  for (const fault of plan.faults) if (fault.fault === 'stall') lateMs += fault.ms;
  const untilMs = Math.max(acceptedMs + Math.max(...budgets), ledger.lastReapMs) + lateMs;
  if (stoppedMs > untilMs) yield `§7: accepted at ${acceptedMs}, Stopped at ${stoppedMs}`;
  yield* preDrain(ledger);
}

/** The pre-drain of the host, unless something was to end it. */
function* preDrain({
  hosts,
  plan,
  acceptedMs,
  drainingMs,
  wasReadyThen,
  called,
}: Ledger): Iterable<string> {
  const [host] = hosts;
  const pipeline = host === undefined ? null : plan.members[host.thread]?.pipeline;
  if (!pipeline || hosts.length > 1 || !wasReadyThen || acceptedMs === undefined) return;
  if (called.has('drain') || called.has('begin') || called.has('finish')) return;
  if (plan.signals?.isTerminal || plan.faults.some(({ fault }) => fault === 'stall')) return;
  const leastMs = Math.min(pipeline.preDrainMs, pipeline.budgetMs / 2) - 2;
  if ((drainingMs ?? Infinity) < acceptedMs + leastMs) {
    yield `§7: the pre-drain lasted ${(drainingMs ?? 0) - acceptedMs} ms`;
  }
}

/** §9: the exit code, by the table. */
function* endOfProcess(
  ledger: Ledger,
  { code, by }: Exit,
  report: ShutdownReport | undefined,
): Iterable<string> {
  const { plan, signals: sent, finallies } = ledger;
  const { signals } = plan;
  if (by !== 'exit') {
    const isPlanned = ledger.called.has('throw') || sent.some(({ name }) => name === by);
    if (!isPlanned) yield `§9: ended by ${by}, which nobody did`;
    const isOurs = signals !== null && !ledger.isGone(0);
    if (isOurs && ledger.acceptedMs !== undefined) {
      yield `§9: ended with ${code} by ${by} after the acceptance`;
    }
    return;
  }
  if (code >= 128) {
    const [first] = sent;
    const last = sent.at(-1);
    const isForced = last?.name === 'SIGINT' && last.atMs - (first?.atMs ?? 0) >= REPEAT_MS;
    if (code !== 128 + SIGINT || !isForced) yield `§9: ended at once with ${code}`;
    return;
  }
  if (!signals?.exit) {
    yield '§9: the library ended the process, and was not asked to';
    return;
  }
  if (
    finallies.some((index, place) => index !== place) ||
    finallies.length !== signals.finally.length
  ) {
    yield `§9: finally ran as ${finallies.join(' ')} of ${signals.finally.length}`;
  }
  // Without a shutdown of its own it ends as failed, whatever the others do meanwhile.
  if (ledger.isGone(0)) return;
  const isWell =
    report?.drained === true &&
    !report.failed &&
    report.steps.every(({ status }) => status === 'ok' || status === 'skipped') &&
    !signals.finally.some((how) => how !== 'ok') &&
    ledger.threw === 0;
  const wanted = signals.exitCode !== 0 ? signals.exitCode : isWell ? 0 : 1;
  if (code !== wanted) yield `§9: exit code ${code} in place of ${wanted}`;
}

/** §7: a shutdown that a pipeline runs goes through Draining, if there is anything to drain. */
function* theWay({ witnesses, stoppedBy, ownedBy, wasReadyThen }: Ledger): Iterable<string> {
  if (stoppedBy === undefined || ownedBy !== undefined || !wasReadyThen) return;
  for (const [thread, { since, transitions }] of witnesses) {
    const isWhole = since <= READY && transitions.at(-1) === STOPPED;
    if (isWhole && !transitions.includes(DRAINING)) yield `§7: thread ${thread} heard of no drain`;
  }
}

function* endOfThread(
  { witnesses, phase }: Ledger,
  thread: number,
  { keeping }: Finale['threads'][number],
): Iterable<string> {
  const witness = witnesses.get(thread);
  if (witness === undefined || witness.isDetached || phase !== STOPPED) return;
  const { since, transitions: heard } = witness;
  const expected = [READY, DRAINING, SHUTTING_DOWN, STOPPED].filter((to) => to > since);
  const isOrdered = heard.every((to, index) => index === 0 || to > (heard[index - 1] ?? 0));
  const hasLast = expected.length === 0 || heard.at(-1) === STOPPED;
  if (!isOrdered || !hasLast || heard.some((to) => !expected.includes(to))) {
    yield `§6: thread ${thread} heard ${heard.join(' ')} since ${since}`;
  }
  if (!witness.hasLeft) yield `§6: thread ${thread} never heard of leaving`;
  for (const [call, count] of witness.open) {
    if (count > 0) yield `§7: \`${call}\` on thread ${thread} never came back`;
  }
  if (keeping > 0) yield `thread ${thread} is kept alive by ${keeping} timers`;
}

function* endOfReports({ phase, reports }: Ledger, threads: Finale['threads']): Iterable<string> {
  if (phase !== STOPPED) return;
  const all = new Set(reports);
  for (const [thread, { isAlive, report }] of threads.entries()) {
    if (!isAlive || report === 'detached') continue;
    if (report === null) yield `§5: Stopped, and thread ${thread} has no report`;
    else all.add(JSON.stringify(report));
  }
  if (all.size > 1) yield '§5: two reports';
}

/** What the report says is so. */
function* truth(ledger: Ledger, report: ShutdownReport | undefined): Iterable<string> {
  const { stoppedBy } = ledger;
  // The application's own says what the application likes.
  if (report === undefined || stoppedBy === undefined) return;
  const statuses = new Map(report.steps.map(({ name, status }) => [name, status]));
  // An heir does not know how the drain of the host before it ended.
  const isKnown = ledger.hosts.length === 1;
  if (isKnown && report.drained && ledger.isUndrained)
    yield '§5: drained, while something was in progress';
  if (!report.drained && ledger.permits === 0) yield '§5: not drained, and nothing was in progress';
  if (report.failed !== ledger.saidFailed && ledger.threw === 0) {
    yield `§5: failed is ${report.failed}`;
  }
  if (report.takenOver && ledger.dead.size === 0 && !ledger.called.has('detach')) {
    yield '§5: taken over, and nobody had gone';
  }
  if (report.flushedWal !== (statuses.get('flush_wal') === 'ok')) {
    yield `§5: flushedWal is ${report.flushedWal}`;
  }
  for (const { name, how } of ledger.stepsOf(stoppedBy)) {
    const status = statuses.get(name);
    if (status === undefined) yield `§7: step ${name} is not in the report`;
    if (status === 'ok' && !ledger.done.has(name)) yield `§7: step ${name} is ok, and did not end`;
    const isOwn = ledger.began.get(name) === stoppedBy;
    if (isOwn && how === 'throws' && status === 'ok') yield `§7: step ${name} threw, and is ok`;
    if (status === 'skipped' && name !== 'backup') yield `§7: step ${name} was skipped`;
  }
  if (report.durationMs < 0 || report.completedAtMs < 0) yield '§5: a negative duration';
}
