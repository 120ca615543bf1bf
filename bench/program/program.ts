/**
 * What runs in a process of its own, on Node, Deno and Bun: it takes one assignment, and answers with
 * its samples. The parts are looked up by name; nothing else of them is loaded or run.
 *
 * @module
 */

import type { Assignment } from '../harness/assignment.ts';
import type { Answer } from '../harness/runtimes.ts';
import { measureCall } from './calls.ts';
import { measureColdStart } from './cold-start.ts';
import { measureContended } from './contended.ts';
import { engine } from './engine.ts';
import { measureGrowth } from './growth.ts';
import { measureMemory } from './memory.ts';
import { measureWakeups } from './wakeup.ts';

/** What a part does with an assignment: its samples. */
export type Measure = (assignment: Assignment) => Promise<readonly number[]>;

const PARTS: Readonly<Record<string, Measure | undefined>> = {
  calls: measureCall,
  contended: measureContended,
  wakeup: measureWakeups,
  'cold-start': measureColdStart,
  memory: measureMemory,
  growth: measureGrowth,
};

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment;
const measure = PARTS[assignment.part];
const samples = measure === undefined ? undefined : await measure(assignment);
const answer: Answer = { ...engine(), ...(samples === undefined ? {} : { samples }) };
console.log(JSON.stringify(answer));
// Whatever still holds the loop (workers, timers) was measured, and is of no use any more.
process.exit(0);
