/**
 * A process that contends for a lease, and writes whenever it is the holder: each line is a write, with
 * the token, which the test judges as a resource would. It ends at SIGTERM.
 *
 * @module
 */

import process from 'node:process';
import { lease } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import type * as Node from '../../src/node.ts';
import { open, type Place } from './open.ts';

/** What it is told. */
export interface Told {
  readonly place: Place;
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
}

/** One line of it. */
export type Said =
  | { readonly event: 'started'; readonly pid: number }
  | { readonly event: 'state'; readonly state: string; readonly token: number | null }
  | { readonly event: 'write'; readonly token: number };

/** How often the holder writes. */
const WRITE_MS = 10;

const told = JSON.parse(process.env.CONTENDER ?? '') as Told;
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

// What starts it may be a program of its own, which passes on no signal.
say({ event: 'started', pid: process.pid });
const lifecycle = Lifecycle.create();
(await signals())(lifecycle, { log: false });
lifecycle.markReady();
const { place, ...options } = told;
const { store } = await open(place);
const writer = await lease(lifecycle, { ...options, store });
const tell = (): void => say({ event: 'state', state: writer.state, token: writer.token });
writer.onChange(tell);
tell();
setInterval(() => {
  const { token } = writer;
  if (token === null) return;
  const permit = lifecycle.gate.tryEnter('write');
  if (permit === null) return;
  say({ event: 'write', token });
  permit.release();
}, WRITE_MS);

/** Each runtime has an entry point of its own. */
async function signals(): Promise<typeof Node.handleSignals> {
  if ('Deno' in globalThis) return (await import('../../src/deno.ts')).handleSignals;
  if ('Bun' in globalThis) return (await import('../../src/bun.ts')).handleSignals;
  return (await import('../../src/node.ts')).handleSignals;
}
