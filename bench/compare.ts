/**
 * `npm run bench:compare A.json B.json`: what B is against A, with intervals of 99 %.
 *
 * @module
 */

import { compare, differences } from './comparison.ts';
import { readResults } from './measured.ts';
import { WrongInput } from './wrong-input.ts';

const [first, second, ...more] = process.argv.slice(2);
if (first === undefined || second === undefined || more.length > 0) {
  throw new WrongInput('Usage: npm run bench:compare A.json B.json');
}
const [before, after] = [readResults(first), readResults(second)];
for (const difference of differences(before, after)) {
  console.log(`not the same conditions: ${difference}`);
}
const compared = compare(before, after);
if (compared.length === 0) {
  throw new WrongInput(`Cannot compare: ${first} and ${second} have no point in common`);
}
const width = Math.max(0, ...compared.map(({ key }) => key.length));
for (const { key, ratio, interval, outcome } of compared) {
  const range = `${interval.low.toFixed(3)} … ${interval.high.toFixed(3)}`;
  console.log(`${outcome.padEnd(6)} ${key.padEnd(width)}  ${ratio.toFixed(3)}  (${range})`);
}
const count = (wanted: string): number =>
  compared.filter(({ outcome }) => outcome === wanted).length;
console.log(
  `\n${count('better')} better, ${count('worse')} worse, ${count('same')} not told apart`,
);
