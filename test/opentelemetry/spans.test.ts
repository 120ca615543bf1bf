/**
 * The traces of boot and shutdown: which spans there are, below which, when, and how they ended.
 *
 * @module
 */

import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle, Phase } from '../../src/index.ts';
import { instrument } from '../../src/opentelemetry.ts';
import { HandClock, REPORT, turn } from '../conformance/suite.ts';
import { msOf, Sdk } from './sdk.ts';

/** What two readings of a clock may differ by, each rounded to whole milliseconds. */
const ROUNDED_MS = 3;

let sdk: Sdk;

beforeEach(() => {
  sdk = new Sdk();
});

afterEach(async () => {
  trace.disable();
  await sdk.shutdown();
});

function follow(lifecycle: Lifecycle): () => void {
  return instrument(lifecycle, { tracer: sdk.tracers.getTracer('test') });
}

/** Name, start, end, and the message of a span that failed. */
function told(spans: readonly ReadableSpan[]): unknown[] {
  return spans.map(({ name, startTime, endTime, status }) => {
    const times = [name, msOf(startTime), msOf(endTime)];
    return status.code === SpanStatusCode.ERROR ? [...times, status.message] : times;
  });
}

/** The spans below that of this name. */
function below(spans: readonly ReadableSpan[], root: string): string[] {
  const parent = spans.find(({ name }) => name === root)?.spanContext();
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanId)
    .filter((span) => span.spanContext().traceId === parent?.traceId)
    .map(({ name }) => name);
}

/** Until the listener has heard of it. */
async function heard(lifecycle: Lifecycle): Promise<void> {
  await lifecycle.waitFor(lifecycle.phase());
  await turn(10);
}

describe('the boot', () => {
  it('is a span from the creation to Ready, with one for each stage that has ended', async () => {
    const clock = new HandClock(1_700_000_000_000);
    const lifecycle = Lifecycle.create({ clock: clock.read });
    const undo = follow(lifecycle);
    lifecycle.setRestoreStartedAtMs(1_699_999_999_250);
    clock.now += 500;
    lifecycle.markRestoreReady();
    lifecycle.stage('cache_fill').markStarted();
    clock.now += 125;
    lifecycle.stage('cache_fill').markReady();
    lifecycle.markIndexWarmupStarted();
    expect(sdk.spans()).toEqual([]);
    clock.now += 1;
    lifecycle.markReady();
    await heard(lifecycle);
    const spans = sdk.spans();
    expect(told(spans)).toEqual([
      ['tidegate.boot', 1_700_000_000_000, 1_700_000_000_626],
      ['restore', 1_699_999_999_250, 1_700_000_000_500],
      ['cache_fill', 1_700_000_000_500, 1_700_000_000_625],
    ]);
    expect(below(spans, 'tidegate.boot')).toEqual(['restore', 'cache_fill']);
    expect(spans[0]?.parentSpanContext).toBeUndefined();

    // A stage that outlasts the boot is told when there is occasion.
    clock.now += 1_000;
    lifecycle.markIndexWarmupReady();
    lifecycle.markDraining();
    await heard(lifecycle);
    const late = sdk.spans();
    expect(told(late)).toEqual([['index_warmup', 1_700_000_000_625, 1_700_000_001_626]]);
    expect(late[0]?.parentSpanContext?.spanId).toBe(spans[0]?.spanContext().spanId);
    undo();
    expect(sdk.spans()).toEqual([]);
  });

  it('is exported at once by an instrument that comes late, and only once', async () => {
    const lifecycle = Lifecycle.create();
    await lifecycle.stage('restore').run(() => {});
    lifecycle.markReady();
    const undo = follow(lifecycle);
    expect(sdk.spans().map(({ name }) => name)).toEqual(['tidegate.boot', 'restore']);
    await turn(20);
    undo();
    expect(sdk.spans()).toEqual([]);
  });

  it('that fails is an error, and so is the stage that it left under way', async () => {
    const clock = new HandClock(10_000);
    const lifecycle = Lifecycle.create({ clock: clock.read });
    follow(lifecycle);
    lifecycle.stage('schema').markStarted();
    lifecycle.stage('schema').markReady();
    clock.now = 11_000;
    lifecycle.markWalReplayStarted();
    clock.now = 12_000;
    lifecycle.beginShutdown();
    await heard(lifecycle);
    expect(told(sdk.spans())).toEqual([
      ['tidegate.boot', 10_000, 12_000, 'it ended before it was ready'],
      ['wal_replay', 11_000, 12_000, 'it had not ended when the boot did'],
      ['schema', 10_000, 10_000],
    ]);
  });

  it('whose clock stepped back has no negative span', async () => {
    const clock = new HandClock(10_000);
    const lifecycle = Lifecycle.create({ clock: clock.read });
    lifecycle.markRestoreStarted();
    clock.now = 9_000;
    lifecycle.markRestoreReady();
    lifecycle.markReady();
    follow(lifecycle);
    expect(told(sdk.spans())).toEqual([['tidegate.boot', 10_000, 10_000]]);
  });

  it('waits for a clock that has no time yet', async () => {
    const clock = new HandClock(0);
    const lifecycle = Lifecycle.create({ clock: clock.read });
    lifecycle.markReady();
    const undo = follow(lifecycle);
    expect(sdk.spans()).toEqual([]);
    clock.now = 5_000;
    undo();
    expect(told(sdk.spans())).toEqual([['tidegate.boot', 5_000, 5_000]]);
  });
});

describe('the shutdown', () => {
  it('is a span with one for each step, at the times when they really ran', async () => {
    const lifecycle = Lifecycle.create();
    const began = new Map<string, number>();
    const ended = new Map<string, number>();
    const step = (name: string, ms: number, fails = false): Parameters<typeof own>[0] => ({
      name,
      async run() {
        began.set(name, Date.now());
        await turn(ms);
        ended.set(name, Date.now());
        if (fails) throw new Error('no space left');
      },
    });
    const own = (one: { name: string; run(): Promise<void>; timeoutMs?: number }) => one;
    lifecycle.pipeline({
      preDrainMs: 40,
      steps: [
        step('flush_wal', 150, true),
        step('backup', 150),
        step('own', 120),
        { ...step('slow', 400), timeoutMs: 150 },
        step('final_checkpoint', 120),
      ],
    });
    follow(lifecycle);
    lifecycle.markReady();
    await heard(lifecycle);
    const [boot] = sdk.spans();
    const report = await lifecycle.shutdown({ trigger: 'SIGTERM' });
    await heard(lifecycle);
    const spans = sdk.spans();
    const [root] = spans;

    expect(below(spans, 'tidegate.shutdown')).toEqual(report.steps.map(({ name }) => name));
    expect(told(spans.slice(0, 1))).toEqual([
      ['tidegate.shutdown', report.startedAtMs, report.completedAtMs, 'not ok: flush_wal, slow'],
    ]);
    expect(root?.attributes).toEqual({
      'tidegate.shutdown.trigger': 'SIGTERM',
      'tidegate.shutdown.drained': true,
      'tidegate.shutdown.taken_over': false,
    });
    expect(root?.events.map(({ name, time }) => [name, msOf(time)])).toEqual([
      ['draining', lifecycle.drainingAtMs()],
      ['shutting_down', lifecycle.shuttingDownAtMs()],
    ]);
    // A trace of its own, linked to that of the boot.
    expect(root?.spanContext().traceId).not.toBe(boot?.spanContext().traceId);
    expect(root?.links.map(({ context }) => context.spanId)).toEqual([boot?.spanContext().spanId]);

    const statuses = spans.slice(1).map(({ name, attributes, status }) => {
      expect(attributes['tidegate.step']).toBe(name);
      return [name, attributes['tidegate.step.status'], status.code, status.message];
    });
    expect(statuses).toEqual([
      ['flush_wal', 'failed', SpanStatusCode.ERROR, 'no space left'],
      ['backup', 'skipped', SpanStatusCode.UNSET, undefined],
      ['own', 'ok', SpanStatusCode.UNSET, undefined],
      ['slow', 'timed_out', SpanStatusCode.ERROR, 'timed out after 150 ms'],
      ['final_checkpoint', 'ok', SpanStatusCode.UNSET, undefined],
    ]);

    // By what came before and after it, not by how long it took: a busy machine may halt us between
    // any two readings of a clock. Times are whole milliseconds.
    const order = ['flush_wal', 'own', 'slow', 'final_checkpoint'];
    for (const [index, name] of order.entries()) {
      const span = spans.find((each) => each.name === name);
      if (span === undefined) throw new Error(`no span ${name}`);
      const [startMs, endMs] = [msOf(span.startTime), msOf(span.endTime)];
      const beganMs = began.get(name) ?? Number.NaN;
      // The step that was given up goes on, and ends when it likes.
      const endedMs = name === 'slow' ? beganMs : (ended.get(name) ?? Number.NaN);
      const nextMs = began.get(order[index + 1] ?? '') ?? report.completedAtMs;
      expect(endMs, `end of ${name}`).toBeGreaterThanOrEqual(endedMs - ROUNDED_MS);
      expect(endMs, `end of ${name}`).toBeLessThanOrEqual(nextMs + ROUNDED_MS);
      const { durationMs } = report.steps.find((each) => each.name === name) ?? {};
      expect(endMs - startMs, `length of ${name}`).toBe(durationMs);
      expect(durationMs, `length of ${name}`).toBeGreaterThanOrEqual(
        endedMs - beganMs - ROUNDED_MS,
      );
    }
  });

  it('that was taken over tells the steps of the host that died at their own times', async () => {
    const lifecycle = Lifecycle.create();
    const heir = Lifecycle.attach(lifecycle.share());
    const flush = { name: 'flush_wal', run: () => turn(20) };
    // The host hangs in its second step, and is declared dead only after a while.
    const hang = (): Promise<never> => new Promise(() => {});
    lifecycle.pipeline({ steps: [flush, { name: 'backup', run: hang }] });
    heir.pipeline({ steps: [flush, { name: 'backup', run: () => turn(20) }] });
    follow(heir);
    lifecycle.markReady();
    const report = heir.shutdown();
    while (heir.snapshot().steps.length === 0) await turn(5);
    await turn(300);
    const diedAtMs = Date.now();
    expect(heir.reap(lifecycle.member)).toBe(true);
    expect(await report).toMatchObject({ takenOver: true });
    await heard(heir);

    const [first, second] = sdk.spans().slice(-2);
    expect([first?.name, second?.name]).toEqual(['flush_wal', 'backup']);
    // The pause lies between them.
    expect(msOf(first?.endTime ?? [0, 0])).toBeLessThan(diedAtMs);
    expect(msOf(second?.endTime ?? [0, 0])).toBeGreaterThan(diedAtMs);
  });

  it('of an application that owns it is exported from its report', async () => {
    const lifecycle = Lifecycle.create({ clock: () => 500 });
    follow(lifecycle);
    lifecycle.markReady();
    lifecycle.beginShutdown();
    lifecycle.finishShutdown({
      ...REPORT,
      startedAtMs: 10_000,
      completedAtMs: 10_100,
      drained: false,
      steps: [
        { name: 'all at once', status: 'ok', durationMs: 5_000 },
        { name: 'last', status: 'failed', durationMs: 40 },
      ],
    });
    await heard(lifecycle);
    const spans = sdk.spans();
    expect(told(spans.slice(1))).toEqual([
      ['tidegate.shutdown', 10_000, 10_100, 'not everything in flight had ended in time'],
      ['all at once', 10_000, 10_060],
      ['last', 10_060, 10_100, 'failed'],
    ]);
    expect(spans[1]?.attributes).not.toHaveProperty('tidegate.shutdown.trigger');
  });

  it('that went well has no error', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
    lifecycle.markReady();
    await lifecycle.shutdown();
    follow(lifecycle);
    const spans = sdk.spans();
    expect(spans.map(({ name }) => name)).toEqual([
      'tidegate.boot',
      'tidegate.shutdown',
      'flush_wal',
    ]);
    expect(spans.map(({ status }) => status.code)).toEqual([0, 0, 0]);
  });

  it('is heard on another thread’s lifecycle, too', async () => {
    const lifecycle = Lifecycle.create();
    const other = Lifecycle.attach(lifecycle.share());
    follow(other);
    lifecycle.markReady();
    await lifecycle.shutdown();
    await other.waitFor(Phase.Stopped);
    await turn(10);
    expect(sdk.spans().map(({ name }) => name)).toEqual(['tidegate.boot', 'tidegate.shutdown']);
  });
});

describe('the undo', () => {
  it('tells what nobody had occasion to tell', () => {
    const lifecycle = Lifecycle.create();
    const undo = follow(lifecycle);
    lifecycle.markReady();
    undo();
    expect(sdk.spans().map(({ name }) => name)).toEqual(['tidegate.boot']);
    undo();
    expect(sdk.spans()).toEqual([]);
  });

  it('ends the listening', async () => {
    const lifecycle = Lifecycle.create();
    follow(lifecycle)();
    lifecycle.markReady();
    await heard(lifecycle);
    expect(sdk.spans()).toEqual([]);
  });

  it('is safe once this thread is detached', () => {
    const lifecycle = Lifecycle.create();
    const undo = follow(lifecycle);
    lifecycle.detach();
    undo();
    expect(sdk.spans()).toEqual([]);
  });
});

describe('the tracer', () => {
  it('is that of the global provider by default', () => {
    trace.setGlobalTracerProvider(sdk.tracers);
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    instrument(lifecycle)();
    expect(sdk.spans().map(({ instrumentationScope }) => instrumentationScope.name)).toEqual([
      'tidegate',
    ]);
  });
});
