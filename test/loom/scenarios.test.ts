/**
 * The named scenarios on the binary, on its twin, and on both at once; their numbers are pinned.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import type { Findings } from './explorer.ts';
import { PINNED } from './pinned.ts';
import { run } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

describe.each(SCENARIOS)('$name', (scenario) => {
  let expected: string[] = [];

  it('holds on the binary, in as many states as it ever had', () => {
    const findings = run(scenario, 'wasm');
    expected = endsOf(findings);
    const { states, interleavings } = findings;
    expect([states, String(interleavings)]).toEqual(PINNED[scenario.name]);
  });

  it.each(['atomics', 'mixed'] as const)('holds on %s, with the same ends', (machine) => {
    expect(endsOf(run(scenario, machine))).toEqual(expected);
  });
});

function endsOf({ outcomes }: Findings): string[] {
  return outcomes.map(({ results }) => results.join('|')).sort();
}

it('every pinned number is that of a scenario', () => {
  expect(Object.keys(PINNED).sort()).toEqual(SCENARIOS.map(({ name }) => name).sort());
});
