/**
 * Mutants are noticed: a property breaks, or the scenarios end in something else. Those that are not
 * are listed, each with the reason.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { MUTANTS, type Mutant, mutated } from './mutants.ts';
import { endsOf } from './oracle.ts';
import { pairs, SITUATIONS, triples } from './products.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { SURVIVORS } from './survivors.ts';

/** Too many states to explore once for each mutant; the others reach the same instructions. */
const HEAVY =
  /two stand-bys|then its reaper|wrongly given up|last place|a count goes on|where its count is due/;

it('every mutant is killed, or survives for a reason that is written down', () => {
  const scenarios = [
    ...SCENARIOS.filter(({ name }) => !HEAVY.test(name)),
    ...Object.keys(SITUATIONS).flatMap((situation) => [
      ...pairs(situation),
      ...pairs(situation, 1),
    ]),
    ...triples(),
  ];
  // The small ones first: most mutants die in the first that executes them. The others die where some
  // have died already, so those scenarios come before all that execute a much used instruction.
  const known = scenarios
    .map((scenario) => {
      const { ends, sites, states } = endsOf(scenario, 'wasm');
      return { scenario, ends, sites, states };
    })
    .sort((a, b) => a.states - b.states);
  const deadly = new Set<(typeof known)[number]>();
  const isKilled = (mutant: Mutant): boolean => {
    const inTurn = [...known.filter((each) => deadly.has(each)), ...known];
    const killer = inTurn.find(
      ({ scenario, ends, sites }) => sites.has(mutant.site) && isNoticed(mutant, scenario, ends),
    );
    if (killer !== undefined) deadly.add(killer);
    return killer !== undefined;
  };
  const alive = MUTANTS.filter((mutant) => !isKilled(mutant)).map(({ name }) => name);
  console.log(`${MUTANTS.length} mutants, ${MUTANTS.length - alive.length} killed`);
  expect(alive.sort()).toEqual(Object.keys(SURVIVORS).sort());
}, 1_800_000);

function isNoticed(mutant: Mutant, scenario: Scenario, ends: string): boolean {
  try {
    return endsOf({ ...scenario, limit: 1_000_000 }, mutated(mutant)).ends !== ends;
  } catch {
    return true;
  }
}
