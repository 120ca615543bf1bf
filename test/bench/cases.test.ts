/**
 * The cases: each runs, on every runtime, and what it computes goes somewhere. No time is asserted.
 *
 * @module
 */

import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { VARIANTS } from '../../bench/cases/case.ts';
import { primitives } from '../../bench/cases/primitives.ts';
import { repeat } from '../../bench/cases/repeat.ts';
import { calls } from '../../bench/cases/with-both.ts';
import { answerOf, processRuntimes } from '../../bench/harness/runtimes.ts';
import { WriteGate } from '../../src/lifecycle/gate.ts';
import { Lifecycle } from '../../src/lifecycle/lifecycle.ts';

const SMOKE = 'build/bench/smoke.mjs';

interface Smoke {
  readonly engine: string;
  readonly ran: readonly string[];
  readonly unsunk: readonly string[];
}

/** Calls that give nothing back, and whose effect is in shared memory or in the call itself. */
const WITHOUT_RESULT =
  /^(wasm call|write permit|query permit|setStartingReason|beat|noteReadinessProbe|onTransition|pipeline) /;

const cases = [...primitives, ...calls];

describe('the cases', () => {
  beforeAll(() => {
    buildSync({
      entryPoints: ['test/bench/smoke.ts'],
      outfile: SMOKE,
      bundle: true,
      external: ['node:*'],
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
    });
  });

  const runtimes = processRuntimes().filter(({ name }) => ['node', 'deno', 'bun'].includes(name));

  it.each(runtimes.map((runtime) => [runtime.name, runtime] as const))(
    'run once on %s, and sink what they compute',
    async (name, { command = [] }) => {
      const smoke = await answerOf<Smoke>([...command, SMOKE]);
      expect(smoke.engine).toMatch(name === 'bun' ? /^JavaScriptCore/ : /^V8/);
      const all = cases.flatMap((each) =>
        each.variants.map((variant) => `${each.name} (${variant})`),
      );
      expect(smoke.ran).toEqual(all);
      expect(smoke.unsunk.filter((each) => !WITHOUT_RESULT.test(each))).toEqual([]);
    },
  );

  it('keep their names: results of other suites are stored by them', () => {
    expect(cases.map(({ name }) => name)).toEqual(expect.arrayContaining(NAMES));
    // A new case is added to the list.
    expect(cases.map(({ name }) => name).filter((name) => !NAMES.includes(name))).toEqual([]);
    expect(NAMES.filter((name) => /[,\n"]/.test(name))).toEqual([]);
  });

  it.each(cases.map((each) => [each.name, each] as const))(
    '%s returns promises if it says so, and nothing if not',
    async (_, each) => {
      for (const variant of each.variants) {
        const returned = each.make(variant)();
        expect(returned instanceof Promise).toBe(each.isAsync);
        await returned;
      }
    },
  );

  it('have unique names, and only variants that exist', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.flatMap(({ variants }) => variants).filter((v) => !VARIANTS.includes(v))).toEqual(
      [],
    );
  });

  it.each(cases.map((each) => [each.name, each] as const))(
    '%s refuses other variants',
    (_, each) => {
      for (const variant of VARIANTS.filter((other) => !each.variants.includes(other))) {
        expect(() => each.make(variant)).toThrow(RangeError);
      }
    },
  );

  it('are about every call of the lifecycle and of its gate', () => {
    const text = calls.map(({ what }) => what).join('\n');
    const missing = [Lifecycle, WriteGate]
      .flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
      .filter(
        (name) =>
          !LIKE_ANOTHER.has(name) && !SELDOM.has(name) && !new RegExp(`\\b${name}\\b`).test(text),
      );
    expect(missing).toEqual([]);
  });
});

describe('repeat', () => {
  it('runs a body the given number of times, at each call', () => {
    let runs = 0;
    const body = repeat(() => {
      runs += 1;
    }, 1_000);
    expect([body(), runs]).toEqual([undefined, 1_000]);
    body();
    expect(runs).toBe(2_000);
  });

  it('awaits each turn of an asynchronous body before the next', async () => {
    let [under, most, runs] = [0, 0, 0];
    const body = repeat(async () => {
      under += 1;
      most = Math.max(most, under);
      await undefined;
      under -= 1;
      runs += 1;
    }, 5);
    await body();
    expect([runs, most]).toEqual([5, 1]);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('refuses %s turns', (count) => {
    expect(() => repeat(() => {}, count)).toThrow(RangeError);
  });
});

/** The names that are promised. */
const NAMES: string[] = [
  'empty function',
  'wasm call',
  'wasm load',
  'wasm CAS',
  'two wasm CAS',
  'Atomics.load 32',
  'Atomics.load 64',
  'Atomics.compareExchange 64',
  'Date.now',
  'phase',
  'startedAtMs',
  'readyAtMs',
  'drainingAtMs',
  'ageMs',
  'coldStartPhases',
  'coldStartPhases all set',
  'durationsMs',
  'snapshot',
  'shutdownRequested',
  'shutdownLeftMs',
  'shutdownReport',
  'mark set before',
  'mark',
  'backfill',
  'stage',
  'stage mark set before',
  'markReady',
  'markDraining',
  'beginShutdown',
  'finishShutdown',
  'markReady refused',
  'writeRefusal',
  'write permit',
  'query permit',
  'write refused',
  'gate.run',
  'hold',
  'holds',
  'inFlight',
  'notReadyReason',
  'setStartingReason',
  'beat',
  'noteReadinessProbe',
  'attach and detach',
  'share',
  'reap gone before',
  'onTransition',
  'waitFor reached',
  'waitForSync reached',
  'drain nothing out',
  'shutdown over',
  'pipeline',
];

/** Calls that are made a few times in a life, or ten times a second: nobody waits for them. */
const SELDOM = new Set([
  'leaving',
  'step',
  'onShutdown',
  'endPreDrain',
  'exits',
  'isExiting',
  'watchBeats',
  'counters',
  'checks',
  'leases',
  'previousRun',
  'countProbe',
]);

/** Calls that are another one with another constant in it, or are measured in another part. */
const LIKE_ANOTHER = new Set([
  'constructor',
  'backend',
  'member',
  'shuttingDownAtMs',
  'stoppedAtMs',
  'markRestoreReady',
  'markWalReplayStarted',
  'markWalReplayReady',
  'markIndexWarmupStarted',
  'markIndexWarmupReady',
  'setRestoreReadyAtMs',
  'setWalReplayStartedAtMs',
  'setWalReplayReadyAtMs',
  'setIndexWarmupStartedAtMs',
  'setIndexWarmupReadyAtMs',
]);
