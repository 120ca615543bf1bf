/**
 * What a human at the terminal sees: progress, the cold start, the steps of the shutdown. Without a
 * terminal it prints the same in whole lines, without anything that moves.
 *
 * @module
 */

import type { ColdStartPhases, ShutdownReport } from 'tidegate';
import type { StopContext } from 'tidegate/compose';

const BAR_WIDTH = 30;
const NAME_WIDTH = 18;
/** Without a terminal, progress is told in lines, one for each of so many percent. */
const LINE_PERCENT = 25;

/**
 * Goes on without a reader: when the terminal, or what the output was piped into, is gone, writing
 * fails, and that is no reason to end without a flush. Returns the undo.
 */
export function outliveReaders(): () => void {
  const streams = [process.stdout, process.stderr];
  const ignore = (): void => {};
  for (const stream of streams) stream.on('error', ignore);
  return () => {
    for (const stream of streams) stream.off('error', ignore);
  };
}

/** Prints a line. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line where errors go. */
export function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Shows how far a part of the boot is, and ends it at the next call once nobody waits for it any more. */
export function progress(
  label: string,
  signal: AbortSignal,
): (done: number, total: number) => void {
  let told = 0;
  return (done, total) => {
    signal.throwIfAborted();
    const percent = Math.floor((done / total) * 100);
    const isTerminal = process.stdout.isTTY === true;
    const reached = isTerminal ? percent : Math.floor(percent / LINE_PERCENT) * LINE_PERCENT;
    if (reached === told) return;
    told = reached;
    const filled = Math.round((percent / 100) * BAR_WIDTH);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
    const line = `  ${label.padEnd(NAME_WIDTH)}${String(percent).padStart(4)} %  ${bar}  ${done} of ${total}`;
    if (isTerminal) process.stdout.write(`\r${line}${percent === 100 ? '\n' : ''}`);
    else say(line);
  };
}

/** The stages that take time, `own` among them, in the order in which they began, each where it was in the whole. */
export function showColdStart(phases: ColdStartPhases, own: string[], documents: number): void {
  const durations = new Map(phases.durationsMs());
  const total = durations.get('total') ?? 0;
  say();
  say(`  cold start, ${documents} documents`);
  for (const [name, startedAtMs] of begins(phases, own)) {
    const ms = durations.get(name);
    if (ms === undefined) continue;
    const before = scaled(startedAtMs - phases.startedAtMs, total);
    const bar = '▇'.repeat(Math.max(1, scaled(ms, total)));
    say(`    ${name.padEnd(NAME_WIDTH)}${String(ms).padStart(7)} ms  ${' '.repeat(before)}${bar}`);
  }
}

/** Who does what. */
export function showThreads(readers: number, probesUrl: string): void {
  const many = readers === 1 ? '1 thread reads' : `${readers} threads read`;
  say();
  say(
    `  ${readers === 0 ? 'the main thread reads and writes' : `${many}, the main thread writes`}`,
  );
  say(`  probes on ${probesUrl}/health/live, from a thread of their own`);
}

/** Where it is, and three things to try, which work as they stand. */
export function showAddress(url: string, adminToken: string, isTokenNew: boolean): void {
  const token = isTokenNew ? adminToken : '$TIDEGATE_ADMIN_TOKEN';
  say();
  say(`  listening on ${url}`);
  say();
  say('  try');
  say(`    curl '${url}/search?q=unix+wizard'`);
  say(`    curl -X PUT ${url}/documents/hello -d '{"title": "Hello", "text": "My document"}'`);
  say(`    curl -X POST -H "authorization: Bearer ${token}" ${url}/admin/drain`);
  say();
  if (isTokenNew) {
    say('  The last one has the admin token, which was made for this run and is shown only here;');
    say('  TIDEGATE_ADMIN_TOKEN sets one. After it, reads are still served and writes are not.');
  }
  say('  Ctrl-C finishes the writes under way, flushes, backs up and stops.');
}

/** What a drain waits for. */
export function showDrain(writes: number): void {
  const many = writes === 1 ? '1 write' : `${writes} writes`;
  say(`\n  draining: ${many} under way, no new ones; reads are still served`);
}

/**
 * A stop that says what it did. That one failed, and why, is said by the library. It does nothing if the
 * process was never ready: what the boot had opened by then is no whole database.
 */
export function shown<T>(
  name: string,
  work: (value: T) => string,
): (value: T, context: StopContext) => Promise<void> {
  return async (value, { ready }) => {
    // A turn of the loop: what waits is shown and answered before a step that blocks.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const beganMs = performance.now();
    const did = ready ? work(value) : 'nothing: the boot had not ended';
    const ms = Math.round(performance.now() - beganMs);
    say(`    ${name.padEnd(NAME_WIDTH)}${String(ms).padStart(7)} ms  ok, ${did}`);
  };
}

/** How the shutdown ended, as a whole. */
export function showReport(report: ShutdownReport): void {
  const { drained, trigger, steps, durationMs, completedAtMs } = report;
  const bad = steps.filter(({ status }) => status !== 'ok' && status !== 'skipped');
  const how = bad.length > 0 ? `not clean: ${bad.map(({ name }) => name).join(', ')}` : 'clean';
  const writes = drained ? 'every write was finished' : 'writes were left when the time was up';
  const at = new Date(completedAtMs).toISOString();
  say(`  stopped at ${at}, ${durationMs} ms after ${trigger ?? 'the request'}: ${how}; ${writes}`);
}

function begins(phases: ColdStartPhases, own: string[]): [name: string, startedAtMs: number][] {
  const named = phases.stages.filter(({ name }) => own.includes(name));
  const stages: [string, number][] = [
    ['restore', phases.restoreStartedAtMs],
    ['wal_replay', phases.walReplayStartedAtMs],
    ...named.map(({ name, startedAtMs }): [string, number] => [name, startedAtMs]),
    ['index_warmup', phases.indexWarmupStartedAtMs],
  ];
  stages.sort(([, left], [, right]) => left - right);
  return [...stages, ['total', phases.startedAtMs]];
}

function scaled(ms: number, total: number): number {
  return total === 0 ? 0 : Math.max(0, Math.round((ms / total) * BAR_WIDTH));
}
