/**
 * The program of the workers of `process.ts`: Web Workers where there are any, else Node's. They hire
 * theirs by their own URL, which holds the program or names a blob: there is no file to be read.
 *
 * @module
 */

import type { Hire } from './hand.ts';
import { answerThread, hireThread } from './node-worker.ts';
import { answerWeb, hireWeb } from './web-worker.ts';

const hasWebWorkers = typeof (globalThis as { Worker?: unknown }).Worker === 'function';
const url = new URL(import.meta.url);
const hire: Hire = () => (hasWebWorkers ? hireWeb(url) : hireThread(url));

(hasWebWorkers ? answerWeb : answerThread)(hire);
