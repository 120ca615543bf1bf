/**
 * The named scenarios on the binary, on its twin, and on both at once; their numbers are pinned.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { PINNED } from './pinned.ts';
import { run } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

describe.each(SCENARIOS)('$name', (scenario) => {
  it('holds on the binary, in as many states as it ever had', () => {
    const { states, interleavings } = run(scenario, 'wasm');
    expect([states, String(interleavings)]).toEqual(PINNED[scenario.name]);
  });

  it('holds on the twin, with the same ends', () => {
    const ends = (machine: 'wasm' | 'atomics' | 'mixed'): string[] =>
      run(scenario, machine)
        .outcomes.map(({ results }) => results.join('|'))
        .sort();
    const expected = ends('wasm');
    expect(ends('atomics')).toEqual(expected);
    expect(ends('mixed')).toEqual(expected);
  });
});

it('every pinned number is that of a scenario', () => {
  expect(Object.keys(PINNED).sort()).toEqual(SCENARIOS.map(({ name }) => name).sort());
});
