/**
 * The checker itself: histories that are right pass, histories that are wrong are refused at the
 * operation that is wrong, and over thousands of small histories it agrees with trying every order.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { randomOf } from '../world.ts';
import { checkHistory, type Model, type Operation } from './linearizable.ts';
import { type Register, type RegisterOp, type RegisterOptions, register } from './register.ts';

type Step = Operation<RegisterOp>;

const KEY = 'key';
const at = (calledAt: number, returnedAt: number, op: RegisterOp): Step => ({
  key: KEY,
  op,
  calledAt,
  returnedAt,
});
const reads = (value: string | null, version: string, mayHaveForgotten = false): RegisterOp => ({
  type: 'read',
  value,
  version,
  mayHaveForgotten,
});
const swaps = (from: string, value: string, version: string | null | undefined): RegisterOp => ({
  type: 'swap',
  from,
  value,
  version,
});
const restarts = (found: string | null, ...barred: string[]): RegisterOp => ({
  type: 'restart',
  found,
  barred,
});

/** The place of what is wrong, or `null`. */
function wrongAt(history: readonly Step[], options: RegisterOptions = {}): number | null {
  const verdict = checkHistory(history, (part) => register(part, options)).get(KEY);
  if (verdict === undefined || verdict.isLinearizable) return null;
  return history.indexOf(verdict.stuck);
}

describe('a history that is right passes', () => {
  it.each<[string, Step[]]>([
    ['nothing', []],
    [
      'one after the other',
      [at(0, 1, reads(null, '0')), at(2, 3, swaps('0', 'a', '1')), at(4, 5, reads('a', '1'))],
    ],
    [
      'a read that sees a swap before it has returned',
      [at(0, 9, swaps('0', 'a', '1')), at(1, 2, reads('a', '1'))],
    ],
    [
      'a read during a swap that sees what was before',
      [at(0, 9, swaps('0', 'a', '1')), at(1, 2, reads(null, '0'))],
    ],
    [
      'of two swaps of one version one is refused',
      [at(0, 5, swaps('0', 'a', '1')), at(0, 5, swaps('0', 'b', null)), at(6, 7, reads('a', '1'))],
    ],
    [
      'a swap without an answer that was never done',
      [
        at(0, Infinity, swaps('0', 'a', undefined)),
        at(5, 6, reads(null, '0')),
        at(7, 8, swaps('0', 'b', '1')),
      ],
    ],
    [
      'a swap without an answer that was done much later',
      [
        at(0, Infinity, swaps('0', 'a', undefined)),
        at(5, 6, reads(null, '0')),
        at(7, 8, reads('a', '1')),
        at(9, 10, swaps('1', 'b', '2')),
      ],
    ],
    [
      'operations that return in the same instant as others are called',
      [at(0, 1, swaps('0', 'a', '1')), at(1, 2, reads(null, '0'))],
    ],
  ])('%s', (_, history) => {
    expect(wrongAt(history)).toBe(null);
  });

  it('a restart that says that it may have forgotten, and has not', () => {
    const history = [
      at(0, 1, swaps('r1 ', 'a', 'r1 a')),
      at(2, 3, restarts('a', 'r1 a')),
      at(4, 5, reads('a', 'r2 a', true)),
      at(6, 7, swaps('r1 a', 'b', null)),
      at(8, 9, swaps('r2 a', 'c', 'r2 c')),
      at(10, 11, reads('c', 'r2 c')),
    ];
    expect(wrongAt(history)).toBe(null);
  });

  it('a restart that has forgotten, where the engine may', () => {
    const history = [
      at(0, 1, swaps('r1 ', 'a', 'r1 a')),
      at(2, 3, swaps('r1 a', 'b', 'r1 b')),
      at(4, 5, restarts('a', 'r1 a')),
      at(6, 7, reads('a', 'r2 a', true)),
    ];
    expect(wrongAt(history, { mayForget: true })).toBe(null);
    expect(wrongAt(history)).toBe(2);
  });

  it('a swap that its client sent twice is refused the second time, where clients do that', () => {
    const history = [at(0, 5, swaps('0', 'a', null)), at(6, 7, reads('a', '1'))];
    expect(wrongAt(history, { mayRepeat: true })).toBe(null);
    expect(wrongAt(history)).toBe(0);
  });
});

describe('a history that is wrong is refused', () => {
  it.each<[string, number, Step[]]>([
    [
      'a stale read',
      2,
      [at(0, 1, swaps('0', 'a', '1')), at(2, 3, swaps('1', 'b', '2')), at(4, 5, reads('a', '1'))],
    ],
    [
      'two reads that go back in time',
      2,
      [at(0, 9, swaps('0', 'a', '1')), at(1, 2, reads('a', '1')), at(3, 4, reads(null, '0'))],
    ],
    [
      'a lost update: two swaps of one version were both done',
      2,
      [at(0, 1, reads(null, '0')), at(2, 5, swaps('0', 'a', '1')), at(3, 6, swaps('0', 'b', '2'))],
    ],
    [
      'an update that is lost: what was acknowledged is not there',
      1,
      [at(0, 1, swaps('0', 'a', '1')), at(2, 3, reads(null, '0'))],
    ],
    [
      'a swap that was done twice',
      4,
      [
        at(0, Infinity, swaps('0', 'a', undefined)),
        at(1, 2, reads('a', '1')),
        at(3, 4, swaps('1', 'b', '2')),
        at(5, 6, reads('b', '2')),
        at(7, 8, reads('a', '3')),
      ],
    ],
    [
      'a swap that took effect before it was called',
      0,
      [at(0, 1, reads('a', '1')), at(2, 3, swaps('0', 'a', '1'))],
    ],
    [
      'a swap that took effect after it had returned',
      1,
      [at(0, 1, swaps('0', 'a', '1')), at(2, 3, reads(null, '0')), at(4, 5, reads('a', '1'))],
    ],
    [
      'a swap that was refused, and done',
      2,
      [at(0, 9, swaps('0', 'a', null)), at(0, 1, swaps('0', 'b', '1')), at(2, 3, reads('a', '2'))],
    ],
    [
      'a swap that was refused for no reason',
      1,
      [at(0, 1, reads(null, '0')), at(2, 3, swaps('0', 'a', null))],
    ],
    ['a value that nobody has written', 0, [at(0, 1, reads('x', '1'))]],
    [
      'a version that changes while nothing is written',
      2,
      [at(0, 1, swaps('0', 'a', '1')), at(2, 3, reads('a', '1')), at(4, 5, reads('a', '2'))],
    ],
    [
      'a restart that nobody is told of',
      2,
      [
        at(0, 1, swaps('r1 ', 'a', 'r1 a')),
        at(2, 3, restarts('a', 'r1 a')),
        at(4, 5, reads('a', 'r2 a', false)),
      ],
    ],
    [
      'a swap from before a restart that is done after it',
      2,
      [
        at(0, 1, swaps('r1 ', 'a', 'r1 a')),
        at(2, 3, restarts('a', 'r1 a')),
        at(4, 5, swaps('r1 a', 'b', 'r2 b')),
      ],
    ],
  ])('%s', (_, place, history) => {
    expect(wrongAt(history)).toBe(place);
  });

  it('at one key alone, however right the others are', () => {
    const right = at(0, 1, swaps('0', 'a', '1'));
    const wrong = { ...at(0, 1, reads('x', '1')), key: 'other' };
    const verdicts = checkHistory([right, wrong], (part) => register(part));
    expect([...verdicts].map(([key, { isLinearizable }]) => [key, isLinearizable])).toEqual([
      [KEY, true],
      ['other', false],
    ]);
  });
});

/** Every order that real time allows, tried one by one. */
function isRight(
  left: readonly Step[],
  state: Register,
  model: Model<Register, RegisterOp>,
): boolean {
  if (left.every(({ returnedAt }) => returnedAt === Infinity)) return true;
  const soonest = Math.min(...left.map(({ returnedAt }) => returnedAt));
  return left.some((one) => {
    if (one.calledAt > soonest) return false;
    const others = left.filter((each) => each !== one);
    return model.step(state, one.op).some((after) => isRight(others, after, model));
  });
}

/** A register as it should be, asked by several at once, whose answers a test may falsify. */
function randomHistory(random: () => number, count: number, isFalse: boolean): Step[] {
  const less = (most: number): number => Math.floor(random() * most);
  const effects = Array.from({ length: count }, () => less(3 * count)).sort((a, b) => a - b);
  let [value, version]: [string | null, number] = [null, 0];
  // What an answer has named: nobody swaps a version that nobody was told of.
  let named = 0;
  return effects.map((effectAt, index) => {
    const calledAt = effectAt - less(6);
    const returnedAt = effectAt + less(6);
    const believed = String(random() < 0.2 ? less(named + 1) : named);
    const dice = random();
    if (dice < 0.4) {
      const seen = isFalse && random() < 0.3 ? version - 1 : version;
      named = version;
      const shown = seen === version ? value : `v${less(count)}`;
      return at(calledAt, returnedAt, reads(shown, String(seen)));
    }
    const isDone = believed === String(version) && (dice < 0.8 || random() < 0.5);
    if (isDone) {
      value = `v${index}`;
      version += 1;
    }
    // An answer that is lost, of one that was done or never will be.
    if (dice > 0.8) return at(calledAt, Infinity, swaps(believed, `v${index}`, undefined));
    if (isDone) named = version;
    const isSaid = isFalse && random() < 0.2 ? !isDone : isDone;
    return at(calledAt, returnedAt, swaps(believed, `v${index}`, isSaid ? String(version) : null));
  });
}

const SEED = Number(process.env.CHECKER_SEED ?? 1);
const HISTORIES = Number(process.env.CHECKER_HISTORIES ?? 3_000);

describe('over random histories', () => {
  it.each([{}, { mayRepeat: true }])('it says what trying every order says, with %o', (options) => {
    const counts = { right: 0, wrong: 0 };
    for (let seed = SEED; seed < SEED + HISTORIES; seed++) {
      const random = randomOf(seed);
      const history = randomHistory(random, 2 + Math.floor(random() * 6), random() < 0.5);
      const isFound = wrongAt(history, options) === null;
      const model: Model<Register, RegisterOp> = register(history, options);
      const isTrue = isRight(history, model.initial, model);
      expect({ seed, isFound }).toEqual({ seed, isFound: isTrue });
      counts[isTrue ? 'right' : 'wrong'] += 1;
    }
    expect(counts.right).toBeGreaterThan(HISTORIES / 10);
    expect(counts.wrong).toBeGreaterThan(HISTORIES / 10);
  });

  it('passes a long one that is right, and finds the one answer in it that is not', () => {
    const history = randomHistory(randomOf(SEED), 5_000, false);
    expect(wrongAt(history)).toBe(null);
    const last = history.findLastIndex(({ op }) => op.type === 'read');
    const wrong = history.with(last, at(1e6, 1e6 + 1, reads('never', '-1')));
    expect(wrongAt(wrong)).toBe(last);
  });
});
