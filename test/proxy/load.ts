/**
 * The clients, a process of their own. Most have one kept-alive connection to the load balancer and
 * one request at a time, reads and writes in turn; some upload or read for seconds. Every request
 * is accounted for, and none is tried again.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { Cut, type Reply, saysClose, Wire } from '../runtime/wire.ts';
import { readSlowly, uploadSlowly } from './slow.ts';

/** How the parent configures it, as JSON in `LOAD`. */
export interface LoadOptions {
  readonly port: number;
  readonly clients: number;
  /** Milliseconds such a client waits after each answer. */
  readonly pauseMs: number;
  readonly uploaders: number;
  readonly readers: number;
  /** Gives up after so long, whatever the parent does. */
  readonly maxMs: number;
  /** The file of the writes that were acknowledged. */
  readonly acknowledged: string;
}

/** What came of all requests: `sent` is the sum of the others. */
export interface Tally {
  sent: number;
  reads: number;
  writes: number;
  /** One line for each request that was not answered as it should have been. */
  failed: string[];
  /** Kept-alive connections; one for each client if the load balancer never ended any. */
  connections: number;
}

/** What it tells its parent: how far it is, and at the end what came of it. */
export type LoadMessage = { readonly sent: number } | { readonly tally: Tally };

const options = JSON.parse(process.env.LOAD ?? '{}') as LoadOptions;
const tally: Tally = { sent: 0, reads: 0, writes: 0, failed: [], connections: 0 };
const acknowledged: string[] = [];
const endsAtMs = performance.now() + options.maxMs;
let isOver = false;

process.on('message', () => {
  isOver = true;
});
// The parent is gone: so are we.
process.on('disconnect', () => process.exit(1));

function goesOn(): boolean {
  return !isOver && performance.now() < endsAtMs;
}

/** Accounts for one request, which is as long as it takes. */
async function account(
  kind: 'reads' | 'writes',
  name: string,
  ask: () => Promise<Reply>,
  expected: string,
): Promise<Reply | undefined> {
  tally.sent += 1;
  try {
    const reply = await ask();
    const status = kind === 'reads' ? 200 : 201;
    if (reply.status !== status || reply.body !== expected) {
      throw new Error(`${reply.status} ${reply.body.slice(0, 60)}`);
    }
    tally[kind] += 1;
    if (kind === 'writes') acknowledged.push(`${expected}\n`);
    return reply;
  } catch (error) {
    tally.failed.push(`${kind} ${name}: ${error instanceof Error ? error.message : error}`);
    // A cut connection cannot be asked again, and any other failure was a whole reply.
    if (error instanceof Cut) return undefined;
    return { status: 0, headers: new Map(), body: '' };
  }
}

async function client(index: number): Promise<void> {
  let wire: Wire | undefined;
  for (let turn = 0; goesOn(); turn++) {
    if (wire?.isOver !== false) {
      wire = await Wire.open(options.port);
      tally.connections += 1;
    }
    const kept = wire;
    const name = `${index}-${turn}`;
    const body = name.repeat(4);
    const reply =
      (turn + index) % 2 === 0
        ? await account('writes', name, () => kept.request(...put(name, body)), said(name, body))
        : await account('reads', name, () => kept.request(`/entries/${name}`), name);
    if (reply === undefined || saysClose(reply)) {
      kept.socket.destroy();
      wire = undefined;
    }
    if (options.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
  }
  wire?.socket.destroy();
}

async function uploader(index: number): Promise<void> {
  for (let turn = 0; goesOn(); turn++) {
    const name = `upload-${index}-${turn}`;
    const body = name.repeat(4_000);
    const ask = (): Promise<Reply> => uploadSlowly(options.port, `/entries/${name}`, body);
    await account('writes', name, ask, said(name, body));
  }
}

async function reader(index: number): Promise<void> {
  for (let turn = 0; goesOn(); turn++) {
    const ask = (): Promise<Reply> => readSlowly(options.port, '/large?chunks=', 400);
    await account('reads', `large-${index}-${turn}`, ask, '400');
  }
}

function put(name: string, body: string): Parameters<Wire['request']> {
  return [`/entries/${name}`, { method: 'PUT', body }];
}

/** What the service answers to a write, and what it puts in its journal. */
function said(name: string, body: string): string {
  return `${name} ${body.length}`;
}

const many = (count: number, run: (index: number) => Promise<void>): Promise<void>[] =>
  Array.from({ length: count }, (_, index) => run(index));
const tell = (message: LoadMessage): void => void process.send?.(message);
const telling = setInterval(() => tell({ sent: tally.sent }), 100);
await Promise.all([
  ...many(options.clients, client),
  ...many(options.uploaders, uploader),
  ...many(options.readers, reader),
]);
clearInterval(telling);
writeFileSync(options.acknowledged, acknowledged.join(''));
tell({ tally });
process.disconnect();
