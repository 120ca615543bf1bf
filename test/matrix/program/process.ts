/**
 * The program of a process on Node, Deno and Bun. The assignment is the first argument, the account
 * a line of the output.
 *
 * @module
 */

import process from 'node:process';
import type { Assignment } from '../assignment.ts';
import type { Hire } from './hand.ts';
import { hireThread } from './node-worker.ts';
import { perform } from './perform.ts';
import { hireWeb } from './web-worker.ts';

/**
 * The program of the workers, which the build puts in for Deno: there, nothing is permitted, not
 * even to read the file. Empty for the others, which read it.
 */
declare const WORKER_PROGRAM: string;

const hasWebWorkers = typeof (globalThis as { Worker?: unknown }).Worker === 'function';
const url =
  WORKER_PROGRAM === ''
    ? new URL('worker.mjs', import.meta.url)
    : new URL(URL.createObjectURL(new Blob([WORKER_PROGRAM], { type: 'text/javascript' })));
const hire: Hire = () => (hasWebWorkers ? hireWeb(url) : hireThread(url));

// The parent wrote it.
const { task, thread } = JSON.parse(process.argv[2] ?? '') as Assignment;
const worker = thread === 'worker' ? hire() : undefined;
const account = await (worker?.ask({ act: 'conform', task }) ?? perform(task, hire));
console.log(JSON.stringify(account));
await worker?.end();
