/**
 * The cases: each runs, on every runtime, and what it computes goes somewhere. No time is asserted.
 *
 * @module
 */

import { buildSync } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { calls } from '../../bench/cases/calls.ts';
import { VARIANTS } from '../../bench/cases/case.ts';
import { primitives } from '../../bench/cases/primitives.ts';
import { answerOf } from '../../bench/harness/processes.ts';
import { processRuntimes } from '../../bench/harness/runtimes.ts';
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

  it('have names of their own, and no variant that is none', () => {
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

/** Calls that are made a few times in a life, or ten times a second: nobody waits for them. */
const SELDOM = new Set([
  'leaving',
  'step',
  'onShutdown',
  'endPreDrain',
  'exits',
  'isExiting',
  'watchBeats',
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
