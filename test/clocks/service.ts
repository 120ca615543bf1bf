/**
 * A process whose wall clock is set while it lives, by itself: before, between or after the starts of its
 * threads. It says what its probe thread made of that, and how its shutdown went.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { Lifecycle } from '../../src/index.ts';
import { door, runtime, say } from '../runtime/door.ts';

/** When the clock is set. */
export interface ClockOptions {
  /** As libfaketime has it: `+1h`, `-1h`. */
  readonly shift: string;
  readonly when: 'before' | 'between' | 'running' | 'leaving';
}

const { shift, when }: ClockOptions = JSON.parse(process.env.SERVICE ?? '{}');
const monotonic = (): number => performance.now();
const began = { wall: Date.now(), monotonic: monotonic() };

/** libfaketime reads the file again at every look at the clock. */
function set(at: ClockOptions['when']): void {
  if (at === when) writeFileSync(process.env.FAKETIME_TIMESTAMP_FILE ?? '', shift);
}

set('before');
const lifecycle = Lifecycle.create();
lifecycle.pipeline({
  budgetMs: 20_000,
  steps: [{ name: 'flush_wal', run: () => new Promise((resolve) => setTimeout(resolve, 300)) }],
});
door.handleSignals(lifecycle);
const server = await door.serve({ lifecycle, fetch: () => new Response('ok') });
set('between');
const probes = await door.serveProbes({ lifecycle, stuckAfterMs: 5_000 });
lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: server.port });
set('running');
await new Promise((resolve) => setTimeout(resolve, 400));
const live = await fetch(`${probes.url}/health/live`);
const ready = await fetch(`${probes.url}/health/ready`);
say('probed', { live: await live.json(), ready: await ready.json() });
const pending = lifecycle.shutdown({ trigger: 'test' });
set('leaving');
const report = await pending;
// How far the two clocks went apart: else nothing was tested.
const apart = Date.now() - began.wall - (monotonic() - began.monotonic);
say('stopped', { report, apart });
