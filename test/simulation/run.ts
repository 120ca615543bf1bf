/**
 * `npm run simulate`: lives by hand, many or one.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { libraryText } from './built.ts';
import { libraryOf } from './library.ts';
import { type Plan, planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { timeline } from './timeline.ts';
import { live } from './world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    lives: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const first = whole('seed', values.seed);
const lives = values.lives === undefined ? Infinity : whole('lives', values.lives);
const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
const isOne = values.lives === undefined && values.minutes === undefined;
const library = libraryOf(await libraryText());
const fails = (plan: Plan): boolean => live(plan, library).faults.length > 0;

const began = performance.now();
const untilMs = began + minutes * 60_000;
let count = 0;
let failed = 0;
for (let seed = first; count < (isOne ? 1 : lives) && performance.now() < untilMs; seed++) {
  const plan = planOf(seed);
  const life = live(plan, library);
  count += 1;
  if (values.trace) console.log(timeline(life.trace));
  if (life.faults.length === 0) continue;
  failed += 1;
  console.log(`\nseed ${seed}: ${life.faults.join('; ')}`);
  const small = shrink(plan, fails);
  console.log(JSON.stringify(small));
  console.log(timeline(live(small, library).trace));
}
const seconds = (performance.now() - began) / 1_000;
const rate = Math.round((count / seconds) * 60);
console.log(`${count} lives from seed ${first}, ${failed} failed, ${rate} a minute`);
process.exitCode = failed > 0 ? 1 : 0;

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`Invalid --${name}: use a whole number, got ${text}`);
  process.exit(2);
}
