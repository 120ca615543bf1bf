/**
 * The program of a page and of its workers: one file, which asks its server what to run, runs it
 * here or in a worker, and posts the account back.
 *
 * @module
 */

import { useAtomics } from 'tidegate/atomics';
import type { Assignment } from '../assignment.ts';
import type { Hire } from './hand.ts';
import { perform } from './perform.ts';
import { answerWeb, hireWeb } from './web-worker.ts';

// The entry point of browsers has the wasm backend alone.
useAtomics();

const hire: Hire = () => hireWeb(import.meta.url);

if (typeof document === 'undefined') answerWeb(hire);
else await answerServer();

async function answerServer(): Promise<void> {
  const { task, thread } = (await (await fetch('assignment')).json()) as Assignment;
  const account =
    thread === 'main' ? await perform(task, hire) : await hire().ask({ act: 'conform', task });
  await fetch('answer', { method: 'POST', body: JSON.stringify(account) });
}
