/**
 * `node bench/run.js cold-start`: the start of a process with a lifecycle and of one with an empty
 * module, on Node, Deno and Bun, as a table. It fails where the bound does not hold.
 *
 * @module
 */

import { BOUND, measureColdStart, PROCESSES, RUNTIMES } from './cold-start/measure.ts';
import type { Summary } from './harness/statistics.ts';

const shown = ({ median, p25, p75 }: Summary): string =>
  `${median.toFixed(1)} (${p25.toFixed(1)} … ${p75.toFixed(1)})`;

console.log(`${PROCESSES} processes each, ms: median (quartiles)\n`);
console.log('| runtime | empty module | import and create() | ratio | bound |');
console.log('| --- | --- | --- | --- | --- |');
for (const [name, command] of Object.entries(RUNTIMES)) {
  const { empty, created, ratio } = await measureColdStart(command);
  const cells = [name, shown(empty), shown(created), ratio.toFixed(2), BOUND];
  console.log(`| ${cells.join(' | ')} |`);
  if (ratio > BOUND) process.exitCode = 1;
}
