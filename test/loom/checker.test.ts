/**
 * The checker itself: it finds what is wrong, refuses what proves nothing, and counts right.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { explore } from './explorer.ts';
import { Refusal } from './images.ts';
import { instrument, wasmMachine } from './instrument.ts';
import type { Program } from './machine.ts';
import { explorationOf, moduleOf, PLANTED } from './planted.ts';
import { run } from './scenario.ts';
import { Violation } from './trace.ts';

describe('planted bugs', () => {
  it.each(PLANTED)('$name is found, by a shortest schedule', (planted) => {
    let found: unknown;
    try {
      explore(explorationOf(planted));
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(Violation);
    const { property, steps, message } = found as Violation;
    expect([property, steps.length], message).toEqual([planted.property, planted.steps]);
    // One line a step: the thread, the call, the operation, the word.
    expect(message.split('\n')).toHaveLength(planted.steps + 1);
  });

  it('a call whose effects come apart is not linearizable', () => {
    // Reads the writes that are out, and enters: two moments, made one by nobody.
    const scenario = {
      name: 'two calls taken for one',
      isLinearizable: true,
      before: (core: Parameters<Program>[0]['core']) => void core.markReady(1_001, 0),
      threads: [0, 1].map(
        (member): Program =>
          ({ core }) => [core.writesOut(), core.enterWrite(member, 1)],
      ),
    };
    expect(() => run(scenario)).toThrow(/linearizable: .* is no serial end/);
  });
});

describe('refusals', () => {
  const refused = (code: string, threads: readonly string[] = ['run']): unknown => {
    try {
      explore(explorationOf({ name: '', property: 'final', steps: 0, code, threads }));
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ['a plain load', '(func (export "run") (drop (i32.load (i32.const 0))))', /Not atomic/],
    [
      'a plain store',
      '(func (export "run") (i64.store (i32.const 0) (i64.const 1)))',
      /Not atomic/,
    ],
    [
      'an atomic operation on a part of a word',
      '(func (export "run") (drop (i32.atomic.load8_u (i32.const 0))))',
      /part of a word/,
    ],
    [
      'a copy',
      '(func (export "run") (memory.copy (i32.const 0) (i32.const 8) (i32.const 4)))',
      /Not atomic/,
    ],
    ['memory.grow', '(func (export "run") (drop (memory.grow (i32.const 0))))', /memory\.grow/],
    [
      'two widths on one word',
      `(func (export "run") (i32.atomic.store (i32.const 8) (i32.const 1))
        (drop (i64.atomic.load (i32.const 8))))`,
      /Two widths on one word/,
    ],
    [
      'two widths on a half of a word',
      `(func (export "run") (i64.atomic.store (i32.const 8) (i64.const 1))
        (drop (i32.atomic.load (i32.const 12))))`,
      /Two widths on one word/,
    ],
    [
      'a notify of some',
      `(func (export "run") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
       (func (export "wake") (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))`,
      /notify of some/,
    ],
  ])('%s is refused', (what, code, message) => {
    const threads = what === 'a notify of some' ? ['run', 'run', 'wake'] : ['run'];
    const found = refused(code, threads);
    expect(found).toBeInstanceOf(Refusal);
    expect(String(found)).toMatch(message);
  });

  it('more states than the limit are refused, not left out', () => {
    const threads = [0, 1].map(
      (member): Program =>
        ({ core }) =>
          core.markReady(2_000, member),
    );
    const { states } = run({ name: 'all', threads });
    expect(() => run({ name: 'too few', threads, limit: states - 1 })).toThrow(Refusal);
    expect(run({ name: 'enough', threads, limit: states }).states).toBe(states);
  });

  it('a thread that does not do the same again is refused', () => {
    let runs = 0;
    const fickle: Program = ({ core }) => {
      runs += 1;
      return runs % 2 === 0 ? core.phase() : core.holds();
    };
    expect(() => run({ name: 'fickle', threads: [fickle] })).toThrow();
  });
});

describe('numbers', () => {
  // n operations of each of k threads are (nk)! / n!^k schedules; nothing here is the protocol's.
  it.each([
    [2, 2, 6n],
    [3, 2, 90n],
    [3, 3, 1_680n],
    [4, 2, 2_520n],
    [5, 2, 113_400n],
  ])('%i threads of %i operations are %i interleavings', (threads, operations, expected) => {
    const adds = '(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))'.repeat(operations);
    const machine = wasmMachine(instrument(moduleOf(`(func (export "run") ${adds})`)));
    const program: Program = ({ core }) => (core as unknown as { readonly run: () => void }).run();
    const findings = explore({
      machines: [machine],
      memory: new Uint8Array(65_536),
      threads: Array.from({ length: threads }, () => program),
    });
    expect(findings.interleavings).toBe(expected);
    expect(findings.solo).toEqual(Array.from({ length: threads }, () => operations));
  });
});
