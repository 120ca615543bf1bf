/**
 * Every pair, and many triples, of the calls that change something: on the binary and on its twin,
 * linearizable, and with a death at any operation.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { coreBytes } from '../../src/core/embedded.ts';
import { CALLS, LEFT_OUT } from './calls.ts';
import type { Findings } from './explorer.ts';
import { endsOf } from './oracle.ts';
import { pairs, SITUATIONS, triples } from './products.ts';
import { run, type Scenario } from './scenario.ts';

/** Exports that change nothing. */
const READERS = [
  ...['phase', 'state', 'enteredAt', 'stoppedReport', 'markedAt', 'stageWord', 'staging'],
  ...['readReason', 'incarnationOf', 'tagOf', 'membersUsed', 'beatOf', 'writeRefusal', 'writesOf'],
  ...['queriesOf', 'writesOut', 'queriesOut', 'epoch', 'waitEpoch', 'hosting'],
  ...['isAccepted', 'readTrigger', 'hostMember', 'standbys', 'hostBudget', 'probesSeen'],
  ...['getHead', 'getStep', 'hostSteps', 'slotHost', 'owner', 'hasFailed', 'bootsOut'],
  ...['isPreDrainEnded', 'writesRefused', 'queriesRefused', 'answers'],
  ...['checksUsed', 'checkStatus', 'readCheck'],
];

/** States and interleavings of all products together: a product that has become empty shows. */
const PINNED = {
  starting: [42_441, '2377273806363'],
  ready: [40_657, '17321177'],
  draining: [38_829, '2377502044660'],
  triples: [218_944, '247639336902'],
};

it('the calls are all that the binary exports and that change something', () => {
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(coreBytes(true)))
    .map(({ name }) => name)
    .filter((name) => !READERS.includes(name) && name !== 'memory');
  const called = Object.keys(CALLS)
    .flatMap((name) => name.split(', '))
    .map((name) => name.replace(/ of .*/, ''));
  const expected = new Set([...called, ...Object.keys(LEFT_OUT)]);
  expect([...expected].sort()).toEqual(exported.sort());
});

describe.each(Object.keys(SITUATIONS))('every pair, in %s', (situation) => {
  const ends = new Map<string, string>();

  it('is linearizable on the binary', () => {
    expect(total(pairs(situation), ends)).toEqual(PINNED[situation as keyof typeof PINNED]);
  });

  it('ends alike on the binary and on its twin', () => {
    expect(ends.size).toBe(pairs(situation).length);
    for (const scenario of pairs(situation)) {
      expect(endsOf(scenario, 'atomics').ends, scenario.name).toBe(ends.get(scenario.name));
    }
  });

  it('holds nobody up when one dies at any operation', () => {
    total(pairs(situation, 1));
  });
});

it('no triple holds anybody up when one dies at any operation', () => {
  total(triples(1));
});

it('at least 60 triples are linearizable', () => {
  expect(triples().length).toBeGreaterThanOrEqual(60);
  expect(total(triples())).toEqual(PINNED.triples);
});

/** Explores all of them on the binary. @param ends is given what each ends in */
function total(
  scenarios: readonly Scenario[],
  ends?: Map<string, string>,
): [states: number, interleavings: string] {
  const explored = (scenario: Scenario): Findings => {
    if (ends === undefined) return run(scenario);
    const found = endsOf(scenario, 'wasm');
    ends.set(scenario.name, found.ends);
    return found;
  };
  const sum = { states: 0, interleavings: 0n };
  for (const scenario of scenarios) {
    try {
      const { states, interleavings } = explored(scenario);
      sum.states += states;
      sum.interleavings += interleavings;
    } catch (cause) {
      throw new Error(`${scenario.name}: ${(cause as Error).message}`);
    }
  }
  return [sum.states, String(sum.interleavings)];
}
