/**
 * What a worker does for a process that only waits for it.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import { type Lifecycle, Phase, type ShutdownReportInput } from '../../../src/index.ts';

/** Long enough for an idle process to have ended, if it were not kept alive. */
const WHILE_MS = 300;

/** Makes it ready after a while. */
export async function readyLater(lifecycle: Lifecycle): Promise<void> {
  await later();
  lifecycle.markReady();
}

/** Blocks until Ready, then until Stopped; says in the word which it is about to wait for. */
export function blockTwice(lifecycle: Lifecycle, notes: SharedArrayBuffer): (Phase | null)[] {
  const words = new Int32Array(notes);
  Atomics.store(words, 0, 1);
  const first = lifecycle.waitForSync(Phase.Ready, 60_000);
  Atomics.store(words, 0, 2);
  return [first, lifecycle.waitForSync(Phase.Stopped, 60_000)];
}

/** Of whoever ends it without a pipeline. */
export const REPORT: ShutdownReportInput = {
  flushedWal: true,
  finalCheckpoint: true,
  backupUploaded: true,
  durationMs: 1,
  startedAtMs: 1,
  completedAtMs: 2,
};

/** Makes every move, and says so in the word. */
export function moveAll(lifecycle: Lifecycle, notes: SharedArrayBuffer): boolean[] {
  const made = [lifecycle.markReady(), lifecycle.markDraining(), lifecycle.beginShutdown()];
  made.push(lifecycle.finishShutdown(REPORT));
  Atomics.store(new Int32Array(notes), 0, 1);
  Atomics.notify(new Int32Array(notes), 0);
  return made;
}

/** Holds a write permit for a while. */
export async function writeForAWhile(lifecycle: Lifecycle): Promise<void> {
  await lifecycle.gate.run('write', later);
}

/** Hosts the shutdown, with a step that takes a while. */
export async function host(lifecycle: Lifecycle): Promise<void> {
  lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: later }] });
}

/**
 * Asks for the shutdown once the main thread has had the time to block, and says when. Written by
 * itself: what a worker logs goes through the main thread, which is blocked.
 */
export async function askForShutdown(lifecycle: Lifecycle): Promise<void> {
  await later();
  // Before the call: a busy machine may take any time until the next line, and the budget runs then.
  const atMs = Date.now();
  const report = lifecycle.shutdown({ trigger: 'another thread' });
  writeSync(1, `${JSON.stringify({ event: 'asked', atMs })}\n`);
  await report;
}

/** What the threads of a take-over count: runs of each step, and whether the host hangs in one. */
export const FLUSHES = 0;
export const HANGS = 1;
export const HEIRS = 2;

/** Hosts the shutdown, and hangs for ever in its second step. */
export function hostAndHang(lifecycle: Lifecycle, notes: SharedArrayBuffer): void {
  const words = new Int32Array(notes);
  lifecycle.pipeline({
    steps: [
      { name: 'flush_wal', run: () => void Atomics.add(words, FLUSHES, 1) },
      {
        name: 'own',
        run: () => {
          Atomics.add(words, HANGS, 1);
          Atomics.notify(words, HANGS);
          // The whole thread: no timer of it fires any more, and only its end ends it.
          while (true) Atomics.wait(words, HANGS, 1, 1_000);
        },
      },
    ],
  });
}

/** Stands by for a host, with the same steps. */
export function standBy(lifecycle: Lifecycle, notes: SharedArrayBuffer): void {
  const words = new Int32Array(notes);
  lifecycle.pipeline({
    steps: [
      { name: 'flush_wal', run: () => void Atomics.add(words, FLUSHES, 1) },
      { name: 'own', run: () => void Atomics.add(words, HEIRS, 1) },
    ],
  });
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WHILE_MS));
}
