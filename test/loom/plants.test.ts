/**
 * Planted bugs are found by a property, in the binary and in its twin, each with a schedule that shows
 * it. No pinned number has a part in it.
 *
 * @module
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { CoreOf } from './machine.ts';
import { type Plant, plantedBinaries, plantedTwin } from './plants/plant.ts';
import { PLANTS } from './plants/plants.ts';
import { pairs, SITUATIONS } from './products.ts';
import { run, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { Violation } from './trace.ts';

const ALL: ReadonlyMap<string, Scenario> = new Map(
  [...SCENARIOS, ...Object.keys(SITUATIONS).flatMap((situation) => pairs(situation))].map(
    (scenario) => [scenario.name, scenario],
  ),
);

let binaries: (index: number) => CoreOf;

beforeAll(() => {
  binaries = plantedBinaries(PLANTS);
});

it('there are at least 60, no two alike', () => {
  expect(PLANTS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(PLANTS.map(({ name }) => name)).size).toBe(PLANTS.length);
});

it('without a plant, nothing is found', () => {
  expect(found('a shutdown against a writer', binaries(-1))).toBeUndefined();
});

describe.each(PLANTS.map((plant, index): [string, Plant, number] => [plant.name, plant, index]))(
  '%s',
  (_, plant, index) => {
    it('breaks a property of the twin', async () => {
      mustBeReadable(found(plant.shownIn, await plantedTwin(plant)));
    });

    it('breaks a property of the binary', () => {
      mustBeReadable(found(plant.shownIn, binaries(index)));
    });
  },
);

function found(name: string, machine: CoreOf): unknown {
  const scenario = ALL.get(name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`);
  try {
    run(scenario, machine);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A schedule of at least one step, a line each: the thread, the call, the operation, the word. */
function mustBeReadable(error: unknown): void {
  expect(error).toBeInstanceOf(Violation);
  const { steps, message } = error as Violation;
  expect(steps.length).toBeGreaterThan(0);
  const lines = message.split('\n').slice(-steps.length);
  expect(
    lines.filter((line) => !/^ {2}[A-D] .* (?:dies before )?[a-z]+ +[A-Z0]/.test(line)),
  ).toEqual([]);
}
