/**
 * The counters of permits, refusals and answers, by a model: what was admitted and refused over
 * thousands of random calls, across the places where the short count in a word wraps around.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import {
  ADMITTED,
  ADMITTED_SHIFT,
  ANSWER_CODES,
  AT_COUNTS,
  AT_MEMBERS,
  BASE_MASK,
  COUNT_WRITES,
  INCARNATION_STEP,
  MEMBER_WRITES,
  PERMIT_FULL,
  PERMIT_MAX,
  PHASES,
  PROBES,
  REFUSAL_REASONS,
  REFUSED_FULL,
} from '../../assembly/layout.ts';
import { atomicsCore } from '../../src/core/atomics.ts';
import type { Core } from '../../src/core/core.ts';
import { embeddedModule } from '../../src/core/embedded.ts';
import { allocate } from '../../src/core/memory.ts';
import { wasmCore } from '../../src/core/wasm.ts';
import { randomOf } from './calls.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
const MEMBERS = 3;
const CALLS = 20_000;

function made(backend: string): { readonly core: Core; readonly words: BigInt64Array } {
  const { buffer, wasm } = allocate(true);
  if (wasm === undefined) throw new Error('There is no WebAssembly here');
  const core = backend === 'wasm' ? wasmCore(wasm, embeddedModule(true)) : atomicsCore(buffer);
  core.create(1_000, MEMBERS, 2, 2, 2);
  return { core, words: new BigInt64Array(buffer) };
}

const member = (place: number): [member: number, incarnation: number] => [
  place % INCARNATION_STEP,
  Math.floor(place / INCARNATION_STEP),
];

/** Every total, and how often each reason and answer was counted. */
function told(core: Core): number[] {
  const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
  return [
    core.writesAdmitted(),
    core.queriesAdmitted(),
    ...range(REFUSAL_REASONS).map((reason) => core.writesRefused(reason)),
    ...range(PHASES).map((phase) => core.queriesRefused(phase)),
    ...range(PROBES * ANSWER_CODES).map((index) => core.answers(index)),
  ];
}

describe.each(['wasm', 'atomics'])('on %s', (backend) => {
  it(`counts what a model counts, over reaps and newcomers (TEST_SEED=${SEED})`, () => {
    const { core } = made(backend);
    const random = randomOf(SEED);
    const below = (limit: number): number => Math.floor(random() * limit);
    const expected = told(core);
    expect(expected.every((count) => count === 0)).toBe(true);
    const count = (index: number): void => {
      expected[index] = (expected[index] ?? 0) + 1;
    };
    const places = [core.attach(1), core.attach(2), core.attach(3)];
    const phases = [0, CALLS / 10, (CALLS * 9) / 10];
    for (let call = 0; call < CALLS; call++) {
      if (call === phases[1]) core.markReady(2_000, 0);
      if (call === phases[2]) core.markDraining(3_000, 0);
      const place = below(MEMBERS);
      const [number, incarnation] = member(places[place] as number);
      const kind = below(100);
      const [phase, holds] = [core.phase(), core.holds()];
      if (kind < 40) {
        if (core.enterWrite(number, incarnation) === ADMITTED) count(0);
        else count(2 + (phase === 1 ? PHASES + Math.log2(holds & -holds) : phase));
      } else if (kind < 60) {
        if (core.enterQuery(number, incarnation) === ADMITTED) count(1);
        else count(2 + REFUSAL_REASONS + phase);
      } else if (kind < 75) core.leaveWrite(number, incarnation);
      else if (kind < 85) core.leaveQuery(number, incarnation);
      else if (kind < 90) {
        const index = below(PROBES * ANSWER_CODES);
        core.countAnswer(number, index);
        count(2 + REFUSAL_REASONS + PHASES + index);
      } else if (kind < 95) core.hold(1 << below(4));
      else if (kind < 99) core.unhold(15);
      else {
        core.reap(number, incarnation);
        places[place] = core.attach(4);
      }
      if (call % 50 === 0) expect(told(core)).toEqual(expected);
    }
    expect(told(core)).toEqual(expected);
    expect(expected[0]).toBeGreaterThan((BASE_MASK + 1) * 8);
  });

  it('counts on from any number, and past 32 bits', () => {
    const { core, words } = made(backend);
    core.attach(1);
    core.markReady(2_000, 0);
    const base = 2n ** 32n - 3n;
    words[(AT_COUNTS + COUNT_WRITES) >> 3] = base;
    // The word has the lowest eight bits of the same number.
    const at = (AT_MEMBERS + MEMBER_WRITES) >> 3;
    words[at] = (1n << 32n) | ((base & 255n) << BigInt(ADMITTED_SHIFT));
    for (let made = 1; made <= 300; made++) {
      expect(core.enterWrite(0, 1)).toBe(ADMITTED);
      expect(core.writesAdmitted()).toBe(Number(base) + made);
      expect(core.leaveWrite(0, 1)).toBe(1);
    }
    expect(core.writesOf(0)).toBe(0);
  });

  it('refuses when a word is nearly full, before it can be over, and counts that as nothing', () => {
    const { core, words } = made(backend);
    core.attach(1);
    core.markReady(2_000, 0);
    const at = (AT_MEMBERS + MEMBER_WRITES) >> 3;
    words[at] = (1n << 32n) | BigInt(PERMIT_FULL - 1);
    let admitted = 0;
    while (core.enterWrite(0, 1) === ADMITTED) admitted += 1;
    expect(admitted).toBe(BASE_MASK);
    expect([core.enterWrite(0, 1), core.enterQuery(0, 1)]).toEqual([REFUSED_FULL, ADMITTED]);
    expect(core.writesOf(0)).toBe(PERMIT_FULL - 1 + BASE_MASK);
    expect([core.writesOf(0) < PERMIT_MAX, core.writesAdmitted()]).toEqual([true, BASE_MASK]);
    while (core.writesOf(0) >= PERMIT_FULL) core.leaveWrite(0, 1);
    expect(core.enterWrite(0, 1)).toBe(ADMITTED);
    expect(core.writesAdmitted()).toBe(BASE_MASK + 1);
  });
});
