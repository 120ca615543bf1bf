/**
 * Every pair, and many triples, of the calls that change something: on the binary and on its twin,
 * linearizable, and with a death at any operation.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { CLAIM_FINISHER } from '../../assembly/layout.ts';
import { coreBytes } from '../../src/core/wasm.ts';
import { CALLS, LEFT_OUT } from './calls.ts';
import type { Findings } from './explorer.ts';
import { FIRST_INCARNATION, run, type Scenario } from './scenario.ts';

const NAMES = Object.keys(CALLS);
const READERS =
  /^(phase|state|enteredAt|stoppedReport|markedAt|stageWord|staging|readReason|incarnationOf|tagOf|membersUsed|beatOf|writeRefusal|writesOf|queriesOf|writesOut|queriesOut|holds|epoch|waitEpoch|hosting|isRequested|readTrigger|hostMember|standbys|budget|probesSeen|getHead|getStep|hostSteps)$/;

/** Where the calls find the lifecycle. Both members have a write and a query out where they may. */
const SITUATIONS: Readonly<Record<string, Scenario['before']>> = {
  starting: () => {},
  ready: (core) => {
    core.markReady(1_001, 0);
    for (const member of [0, 1, 2]) {
      core.enterWrite(member, FIRST_INCARNATION);
      core.enterQuery(member, FIRST_INCARNATION);
    }
    core.takeHost(1, FIRST_INCARNATION);
    core.hold(1);
  },
  draining: (core) => {
    core.markReady(1_001, 0);
    for (const member of [0, 1, 2]) core.enterWrite(member, FIRST_INCARNATION);
    core.markDraining(1_002, 0);
    core.takeHost(0, FIRST_INCARNATION);
    core.requestShutdown(0, -1);
  },
};

/**
 * Not linearizable, and why that is no fault. Keys are sorted pairs of names.
 */
const NOT_LINEARIZABLE: Readonly<Record<string, string>> = {};

function pairs(): [string, string][] {
  return NAMES.flatMap((first, at) =>
    NAMES.slice(at).map((second): [string, string] => [first, second]),
  );
}

/** A third of the triples of the calls that change the state or the counts. */
function triples(): [string, string, string][] {
  const hot = [
    'markReady',
    'markDraining',
    'beginShutdown',
    'enterWrite',
    'leaveWrite',
    'reap of a third',
  ];
  const found: [string, string, string][] = [];
  for (const [a, first] of hot.entries()) {
    for (const [b, second] of hot.entries()) {
      for (const third of hot.slice(b)) if (b >= a) found.push([first, second, third]);
    }
  }
  const more = ['attach', 'requestShutdown', 'takeHost', 'stage of one name', 'hold'];
  for (const each of more) found.push([each, each, each], [each, 'reap', 'markDraining']);
  return found;
}

function scenarioOf(names: readonly string[], situation: string, crashes: number): Scenario {
  return {
    name: `${names.join(' | ')} in ${situation}`,
    attached: 3,
    before: SITUATIONS[situation] ?? (() => {}),
    threads: names.map((name, member) => (CALLS[name] as (typeof CALLS)[string])(member)),
    isLinearizable:
      crashes === 0 && !((names.toSorted?.() ?? [...names].sort()).join(' | ') in NOT_LINEARIZABLE),
    crashes,
    final: ({ dead }, core) => {
      // Whoever died is reaped, and then nothing of it is left and nobody is held up.
      for (const [thread, isDead] of dead.entries()) {
        // It may have attached once more, with the tag that the call `attach` has.
        for (let member = 0; isDead && member < core.membersUsed(); member++) {
          if (core.tagOf(member) === thread + 7) core.reap(member, core.incarnationOf(member));
        }
      }
      for (const [member, isDead] of dead.entries()) {
        if (!isDead || core.incarnationOf(member) !== FIRST_INCARNATION) continue;
        core.reap(member, FIRST_INCARNATION);
        if (core.writesOf(member) + core.queriesOf(member) !== 0)
          return `permits of ${member} are left`;
        if (core.hostMember() === member) return `${member} still hosts`;
      }
      const place = core.attach(99);
      const [member, incarnation] = [place % 128, Math.floor(place / 128)];
      if (place < 0) return dead.includes(true) ? 'no place after a reap' : undefined;
      if (core.phase() === 4) return undefined;
      const slot = core.claimReport(member, incarnation, CLAIM_FINISHER);
      if (slot < 0) return dead.includes(true) ? undefined : 'no slot is free';
      const made = core.finishShutdown(3_000, slot, member, incarnation, CLAIM_FINISHER);
      return made === 1 ? undefined : `finishShutdown() gave ${made}`;
    },
  };
}

const alike = (findings: Findings): unknown => [
  findings.states,
  findings.interleavings,
  findings.outcomes.map(({ results }) => results.join('|')).sort(),
];

it('the calls are all that the binary exports and that change something', async () => {
  const exported = WebAssembly.Module.exports(new WebAssembly.Module(coreBytes(true)))
    .map(({ name }) => name)
    .filter((name) => !READERS.test(name) && name !== 'memory');
  const called = NAMES.flatMap((name) => name.split(', ')).map((name) =>
    name.replace(/ of .*/, ''),
  );
  expect([...new Set([...called, ...Object.keys(LEFT_OUT)])].sort()).toEqual(exported.sort());
});

describe.each(Object.keys(SITUATIONS))('every pair, in %s', (situation) => {
  it('is linearizable, on the binary and on its twin alike', () => {
    const total = { states: 0, interleavings: 0n };
    for (const pair of pairs()) {
      const scenario = scenarioOf(pair, situation, 0);
      const findings = named(scenario, () => run(scenario, 'wasm'));
      const twin = named(scenario, () => run(scenario, 'atomics'));
      expect(alike(twin), scenario.name).toEqual(alike(findings));
      total.states += findings.states;
      total.interleavings += findings.interleavings;
    }
    console.log(
      `${situation}: ${pairs().length} pairs, ${total.states} states, ${total.interleavings} interleavings`,
    );
  });

  it('holds nobody up when one dies at any operation', () => {
    for (const pair of pairs()) {
      const scenario = scenarioOf(pair, situation, 1);
      named(scenario, () => run(scenario, 'wasm'));
    }
  });
});

it(`${triples().length} triples are linearizable, with writers out`, () => {
  const total = { states: 0, interleavings: 0n };
  for (const triple of triples()) {
    const scenario = scenarioOf(triple, 'ready', 0);
    const findings = named(scenario, () => run(scenario, 'wasm'));
    total.states += findings.states;
    total.interleavings += findings.interleavings;
  }
  console.log(
    `${triples().length} triples, ${total.states} states, ${total.interleavings} interleavings`,
  );
});

function named<T>(scenario: Scenario, explore: () => T): T {
  try {
    return explore();
  } catch (error) {
    throw new Error(`${scenario.name}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
