/**
 * `npm run loom`: the table of the scenarios, or one of them with its trace; and the operations that
 * each export needs; or, with `--module` and `--scenario`, the same for a binary that is not ours.
 *
 * @module
 */

import { CALLS } from './calls.ts';
import type { Findings } from './explorer.ts';
import { exploreModule, type ForeignScenario, readModule, readScenario } from './foreign.ts';
import { run, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { Violation } from './trace.ts';

/** Explores, and prints a line; a violation prints its trace. */
export function show(scenario: Scenario): Findings | undefined {
  return shown(scenario.name, () => run(scenario));
}

function shown(name: string, explored: () => Findings): Findings | undefined {
  const beganMs = performance.now();
  try {
    const findings = explored();
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(2);
    const { states, interleavings, outcomes } = findings;
    console.log(
      `${name.padEnd(64)} ${String(states).padStart(8)} states ` +
        `${shortened(interleavings).padStart(10)} interleavings ` +
        `${String(outcomes.length).padStart(5)} ends ${seconds.padStart(6)} s`,
    );
    return findings;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    console.log(`${name}\n${error.message}`);
    process.exitCode = 1;
    return undefined;
  }
}

/** The most operations of each call: alone from any state, and in any schedule beside any other. */
export function bounds(): Map<string, { readonly alone: number; readonly beside: number }> {
  const found = new Map<string, { alone: number; beside: number }>();
  for (const [name, call] of Object.entries(CALLS)) {
    const bound = { alone: 0, beside: 0 };
    for (const other of Object.values(CALLS)) {
      for (const before of [undefined, inReady]) {
        const threads = [call(0), other(1)];
        const scenario: Scenario = { name, attached: 3, threads };
        const { solo, longest } = run(before === undefined ? scenario : { ...scenario, before });
        bound.alone = Math.max(bound.alone, solo[0] ?? 0);
        bound.beside = Math.max(bound.beside, longest[0] ?? 0);
      }
    }
    found.set(name, bound);
  }
  return found;
}

const inReady: NonNullable<Scenario['before']> = (core) => {
  core.markReady(1_001, 0);
  for (const member of [0, 1, 2]) {
    core.enterWrite(member, 1);
    core.enterQuery(member, 1);
  }
  core.takeHost(1, 1, 60_000);
  core.hold(1);
};

function shortened(count: bigint): string {
  return count < 1_000_000n ? String(count) : Number(count).toExponential(1);
}

/** Explores what is not ours. */
async function showForeign(module: string, scenario: string): Promise<void> {
  let foreign: ForeignScenario;
  let bytes: Uint8Array;
  try {
    bytes = await readModule(module);
  } catch (error) {
    fail(`Cannot read the module: ${(error as Error).message}`);
    return;
  }
  try {
    foreign = await readScenario(scenario);
  } catch (error) {
    fail(`Cannot read the scenario: ${(error as Error).message}`);
    return;
  }
  shown(foreign.name, () => exploreModule(bytes, foreign));
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

async function main(args: readonly string[]): Promise<void> {
  const [argument] = args;
  if (argument === '--module' || argument === '--scenario') {
    const valueAfter = (name: string): string | undefined =>
      args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
    const [module, scenario] = [valueAfter('--module'), valueAfter('--scenario')];
    if (module === undefined || scenario === undefined) {
      fail('Usage: npm run loom -- --module their.wasm --scenario their.ts');
    } else {
      await showForeign(module, scenario);
    }
    return;
  }
  if (argument === '--bounds') {
    console.log(`${'call'.padEnd(34)} alone  beside another`);
    for (const [name, { alone, beside }] of bounds()) {
      console.log(`${name.padEnd(34)} ${String(alone).padStart(5)} ${String(beside).padStart(7)}`);
    }
    return;
  }
  const chosen = SCENARIOS.filter(({ name }) => argument === undefined || name.includes(argument));
  if (chosen.length === 0) {
    console.error(`There is no scenario ${argument}; there are:`);
    for (const { name } of SCENARIOS) console.error(`  ${name}`);
    process.exitCode = 2;
  }
  for (const scenario of chosen) show(scenario);
}

await main(process.argv.slice(2));
