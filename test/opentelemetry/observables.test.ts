/**
 * The observables, against what a scrape says at the same moment.
 *
 * @module
 */

import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { instrument } from '../../src/opentelemetry.ts';
import { VERSION } from '../../src/version.ts';
import { HandClock } from '../conformance/suite.ts';
import { Sdk } from './sdk.ts';

let sdk: Sdk;

beforeEach(() => {
  sdk = new Sdk();
});

afterEach(async () => {
  metrics.disable();
  await sdk.shutdown();
});

function subject(): { lifecycle: Lifecycle; clock: HandClock; undo: () => void } {
  const clock = new HandClock(1_000);
  const lifecycle = Lifecycle.create({ clock: clock.read });
  const undo = instrument(lifecycle, {
    meter: sdk.meters.getMeter('test'),
    tracer: sdk.tracers.getTracer('test'),
  });
  return { lifecycle, clock, undo };
}

/** The samples of a scrape. */
async function scraped(lifecycle: Lifecycle): Promise<Map<string, number>> {
  const response = await createHandler(lifecycle)(new Request('http://localhost/metrics'));
  const lines = (await response?.text())?.match(/^[a-z].*$/gm) ?? [];
  return new Map(
    lines.map((line) => {
      const blank = line.lastIndexOf(' ');
      return [line.slice(0, blank), Number(line.slice(blank + 1))];
    }),
  );
}

describe('the observables', () => {
  it('say what a scrape says, in every phase, and no more', async () => {
    const { lifecycle, clock, undo } = subject();
    const moments: readonly (() => unknown)[] = [
      () => {},
      () => lifecycle.setRestoreStartedAtMs(1),
      () => lifecycle.setRestoreReadyAtMs(1_500),
      () => lifecycle.beat(),
      () => lifecycle.markReady(),
      () => lifecycle.check({ name: 'a "b"', run: () => {} }),
      () => lifecycle.gate.tryEnter('write'),
      () => lifecycle.gate.hold('paused'),
      () => lifecycle.markDraining(),
      () =>
        lifecycle.pipeline({
          drainTimeoutMs: 0,
          steps: [
            { name: 'flush_wal', run: () => {} },
            { name: 'a "b"\n', run: () => Promise.reject(new Error('planned')) },
          ],
        }),
      () => lifecycle.shutdown(),
    ];
    const seen: number[] = [];
    for (const happen of moments) {
      await happen();
      clock.now += 250;
      const samples = await sdk.collect();
      // The escapes of a label are those of JSON here.
      expect([...samples]).toEqual([...(await scraped(lifecycle))]);
      seen.push(samples.size);
    }
    // All were there in the end, and none before its time.
    // Of the counters there are 2 permits, 12 refusals and 16 probes from the start.
    expect(seen[0]).toBe(17 + 30);
    expect(seen.at(-1)).toBe(17 + 30 + 9);
    undo();
  });

  it('have names, units and descriptions of a scrape', async () => {
    const { lifecycle } = subject();
    await lifecycle.stage('restore').run(() => {});
    lifecycle.markReady();
    const instruments = await sdk.instruments();
    expect(instruments).toHaveLength(14);
    const response = await createHandler(lifecycle)(
      new Request('http://localhost/metrics', {
        headers: { accept: 'application/openmetrics-text' },
      }),
    );
    const text = (await response?.text()) ?? '';
    for (const [, , name = '', unit, description] of instruments) {
      // The family of a counter has no suffix in OpenMetrics.
      expect(text).toContain(`# HELP ${name.replace(/_total$/, '')} ${description}\n`);
      expect(unit, name).toBe(text.includes(`# UNIT ${name} seconds\n`) ? 's' : '');
    }
  });

  it('are those of the global meter provider by default, in the scope of the package', async () => {
    metrics.setGlobalMeterProvider(sdk.meters);
    const lifecycle = Lifecycle.create();
    const undo = instrument(lifecycle);
    const [first = []] = await sdk.instruments();
    expect(first.slice(0, 3)).toEqual(['tidegate', VERSION, 'tidegate_phase']);
    undo();
    expect(await sdk.collect()).toEqual(new Map());
  });

  it('are silent after the undo, which may be called twice', async () => {
    const { undo } = subject();
    expect((await sdk.collect()).size).toBeGreaterThan(0);
    undo();
    undo();
    expect(await sdk.collect()).toEqual(new Map());
  });

  it('are silent once this thread is detached', async () => {
    const { lifecycle, undo } = subject();
    lifecycle.detach();
    expect(await sdk.collect()).toEqual(new Map());
    undo();
  });
});

describe('instrument', () => {
  it.each([
    ['no lifecycle', [undefined]],
    ['what is no lifecycle', [{}]],
    ['null for the options', [Lifecycle.create(), null]],
    ['what is no meter', [Lifecycle.create(), { meter: {} }]],
    ['null for the meter', [Lifecycle.create(), { meter: null }]],
    ['what is no tracer', [Lifecycle.create(), { tracer: 'x' }]],
  ])('throws invalid_argument for %s', (_, args) => {
    // As untyped callers call.
    const call = instrument as (...args: unknown[]) => unknown;
    expect(() => call(...args)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('does nothing where there is no SDK', () => {
    const lifecycle = Lifecycle.create();
    const undo = instrument(lifecycle);
    lifecycle.markReady();
    undo();
  });
});
