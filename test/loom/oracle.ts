/**
 * What a scenario ends in, in a form that two machines can be compared by.
 *
 * @module
 */

import type { Findings } from './explorer.ts';
import type { CoreOf } from './machine.ts';
import { ordinary } from './ordinary.ts';
import { type Machine, run, type Scenario, seen } from './scenario.ts';

/** Every end, once: what each thread saw, and the memory as far as it can be seen. */
export function endsOf(
  scenario: Scenario,
  machine: Machine | CoreOf,
): Findings & { readonly ends: string } {
  const findings = run(scenario, machine);
  const visible = new Map<number, string>();
  const ends = findings.outcomes.map(({ results, image, bytes }) => {
    const memory = visible.get(image) ?? seen(ordinary(bytes()).core);
    visible.set(image, memory);
    return `${results.join('|')} ${memory}`;
  });
  return { ...findings, ends: [...new Set(ends)].sort().join('\n') };
}
