/**
 * `npm run bench:gate`: measures what the bounds need, and fails if one is broken. Ratios only, so
 * that it means the same on every machine; what is broken is measured once more, since a neighbour
 * on the machine can spoil a median, and a regression is there the second time, too.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { BOUNDS, type Bound } from './bounds.ts';
import { newSeed } from './harness/order.ts';
import { allRuntimes, chooseRuntimes } from './harness/present.ts';
import { run } from './harness/run.ts';
import { insteadOf, judge, sidesOf, type Verdict } from './judge.ts';
import { measured, readResults } from './measured.ts';
import { jobs } from './parts/index.ts';
import { keyOf, type Results } from './results.ts';
import { wholeNumber } from './wrong-input.ts';

const { values } = parseArgs({
  options: {
    /** Judges a file instead of measuring. */
    results: { type: 'string' },
    runtime: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
  },
});

const rounds = wholeNumber('--rounds', values.rounds, 1);

let verdicts: Verdict[];
if (values.results === undefined) {
  verdicts = judge(await measure(BOUNDS, values.runtime), BOUNDS);
  const broken = verdicts.filter(({ outcome }) => outcome === 'broken');
  if (broken.length > 0) {
    console.log(`\n${broken.length} broken; once more`);
    const bounds = [...new Set(broken.map(({ bound }) => bound))];
    const runtimes = [...new Set(broken.map(({ runtime }) => runtime))];
    const second = judge(await measure(bounds, runtimes), bounds);
    verdicts = verdicts.map((first) => {
      const again = second.find(
        ({ bound, runtime }) => bound === first.bound && runtime === first.runtime,
      );
      return first.outcome === 'broken' && again !== undefined ? again : first;
    });
  }
} else {
  verdicts = judge(readResults(values.results), BOUNDS);
}

for (const verdict of verdicts) console.log(lineOf(verdict));
const count = (outcome: Verdict['outcome']): number =>
  verdicts.filter((verdict) => verdict.outcome === outcome).length;
console.log(`\n${count('kept')} kept, ${count('missed')} missed, ${count('broken')} broken`);
process.exitCode = count('broken') > 0 || verdicts.length === 0 ? 1 : 0;

async function measure(
  bounds: readonly Bound[],
  names: readonly string[] | undefined,
): Promise<Results> {
  const needed = new Set(sidesOf(bounds).map((side) => keyOf({ ...side, runtime: '' })));
  const chosen = jobs.filter((job) => needed.has(keyOf({ ...job, runtime: '' })));
  const all = chooseRuntimes(allRuntimes(), names);
  // A page and an isolate have no clock that tells a nanosecond; they are judged if asked for.
  const runtimes = names === undefined ? all.filter(({ command }) => command !== undefined) : all;
  const seed = newSeed();
  console.log(`order by seed ${seed}`);
  return await measured(seed, () => run({ jobs: chosen, runtimes, seed, rounds }));
}

function lineOf({ bound, runtime, ratio, interval, outcome }: Verdict): string {
  const { atMost, atLeast } = bound;
  const promise = atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`;
  const instead = insteadOf(bound, runtime);
  const why = outcome === 'missed' ? `, held to ${instead?.bound}: ${instead?.why}` : '';
  const range =
    interval === null ? '' : ` (${interval.low.toFixed(2)} … ${interval.high.toFixed(2)})`;
  return `${outcome.padEnd(6)} ${runtime.padEnd(8)} ${ratio.toFixed(2)}${range} ${promise}  ${bound.name}${why}`;
}
