/**
 * The gate and the ownership of the shutdown, for any number of threads: an SMT solver proves that the
 * invariants are inductive and enough, and that none of them can be left out.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { GATE } from './gate.ts';
import { OWNERSHIP } from './ownership.ts';
import { questions, type System, script } from './system.ts';

const isMissing = spawnSync('z3', ['--version']).error !== undefined;
const isSkipped = isMissing && process.env.CI !== 'true';
if (isSkipped) console.log('SKIPPED: there is no z3; `apt-get install z3` would bring it');

describe.skipIf(isSkipped).each([
  ['the gate', GATE],
  ['the ownership of the shutdown', OWNERSHIP],
] as const)('%s', (_, system) => {
  const names = Object.keys(system.invariants);

  it('has invariants that every step keeps, and that imply what is promised', () => {
    expect(failing(system, names)).toEqual([]);
  });

  it.each(names)('needs the invariant: %s', (left) => {
    const rest = names.filter((name) => name !== left);
    expect(failing(system, rest)).not.toEqual([]);
  });

  it('has steps that can be taken', () => {
    for (const [name, { guard }] of Object.entries(system.transitions)) {
      const all = Object.values(system.invariants).join(' ');
      expect(
        answers(system, [{ about: name, text: `(assert (and ${all}))\n(assert ${guard})` }]),
      ).toEqual(['sat']);
    }
  });
});

describe.skipIf(isSkipped)('a slip in the gate', () => {
  const without = (step: string, guard: string): System => {
    const transition = GATE.transitions[step];
    if (transition === undefined) throw new Error(`There is no step ${step}`);
    return {
      ...GATE,
      transitions: { ...GATE.transitions, [step]: { ...transition, guard } },
    };
  };
  const names = Object.keys(GATE.invariants);

  it.each([
    ['who does not look again is admitted beside a drain', 'enter', '(= (pc t) counted)'],
    ['a look before the count is no look', 'look again at one', '(not (closed c))'],
    ['a sum before the gate is closed says nothing', 'read a count of zero', '(not (held t))'],
    ['a sum that leaves out somebody is not over', 'find that all are zero', '(closed c)'],
  ])('%s', (_, step, guard) => {
    expect(failing(without(step, guard), names)).not.toEqual([]);
  });
});

/** What is not proved with these invariants. */
function failing(system: System, names: readonly string[]): string[] {
  const asked = questions(system, names);
  const found = answers(system, asked);
  expect(found).toHaveLength(asked.length);
  expect(found.filter((answer) => answer !== 'sat' && answer !== 'unsat')).toEqual([]);
  return asked.filter((_, index) => found[index] === 'sat').map(({ about }) => about);
}

function answers(system: System, asked: Parameters<typeof script>[1]): string[] {
  const { stdout, error } = spawnSync('z3', ['-in'], {
    input: script(system, asked),
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return stdout.trim().split('\n');
}
