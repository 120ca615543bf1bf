/**
 * A reader thread: opens the database for reading, joins the lifecycle over the shared memory, and
 * answers what the main thread hands to it. It decides by itself whether it may: it sees the phase
 * without a message, and its query permits are on a line of its own.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { Lifecycle, type LifecycleHandle } from 'tidegate';
import { startHeartbeat } from 'tidegate/node';
import type { Answer } from './answer.ts';
import { complain } from './console.ts';
import { openReadOnly, Queries } from './queries.ts';
import { createReads } from './reads.ts';

/** What a reader is given. */
export interface ReaderData {
  readonly handle: LifecycleHandle;
  /** The file of the database. */
  readonly database: string;
}

/** A read, as it is handed to a reader. */
export interface Order {
  readonly id: number;
  readonly address: string;
}

/** What a reader says: once that it is there, and then an answer to every order. */
export type ReaderMessage = 'ready' | { readonly id: number; readonly answer: Answer };

const { handle, database } = workerData as ReaderData;
const queries = new Queries(openReadOnly(database));
queries.prepare();
// Last: whoever is a member can answer. To the world outside that is how one sees that it is there,
// and from here on the thread makes no native object that it could not be ended in, see `Queries`.
const lifecycle = Lifecycle.attach(handle);
startHeartbeat(lifecycle);
const read = createReads(
  lifecycle,
  () => queries,
  (error) => complain('A read failed', error),
);

parentPort?.on('message', ({ id, address }: Order) => {
  const answer = read(address);
  say({ id, answer }, [answer.body.buffer]);
});
say('ready');

function say(message: ReaderMessage, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved);
}
