/**
 * A process that contends for a lease and, as long as it holds it, writes to the resource with the token.
 * Beside that a clerk of it reads and swaps keys of the same store, against those of the other processes. It
 * ends at SIGTERM.
 *
 * @module
 */

import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { answerOf } from '../../../src/fleet/answer.ts';
import { THREAD_TIME } from '../../../src/fleet/time.ts';
import { type Lease, lease, type Store } from '../../../src/fleet.ts';
import { Lifecycle, type Permit } from '../../../src/index.ts';
import { handleSignals } from '../../../src/node.ts';
import { open, type Place } from '../open.ts';
import { nowNs, recorded } from './recorder.ts';

/** What it is told. */
export interface Told {
  readonly place: Place;
  readonly resourcePort: number;
  readonly holder: string;
  readonly ttlMs: number;
  /** Where its history goes. */
  readonly history: string;
  /** How many keys the clerks have. */
  readonly keys: number;
}

/** One line of it. */
export interface Said {
  readonly state: string;
  readonly token: number | null;
  readonly atNs: number;
}

/** Writes that are on their way at once, and those that are sent at once. */
const WINDOW = 64;
const BURST = 4;
const RECONNECT_MS = 20;
/** For so long a clerk waits for an answer, and at most between two questions. */
const ANSWER_MS = 1_000;
const THINK_MS = 60;

const told = JSON.parse(process.env.WRITER ?? '') as Told;
const { place, resourcePort, holder, ttlMs } = told;
const lifecycle = Lifecycle.create();

/** Writes for ever, over one connection after the other. */
function write(held: Lease): void {
  const socket = connect({ port: resourcePort, host: '127.0.0.1' });
  socket.setNoDelay(true);
  const session = new Session(held, socket);
  const ticks = setInterval(() => session.turn(), 1);
  socket.on('error', () => {});
  socket.once('close', () => {
    clearInterval(ticks);
    session.end();
    setTimeout(() => write(held), RECONNECT_MS);
  });
}

/** What is written over one connection. */
class Session {
  readonly #lease: Lease;
  readonly #socket: Socket;
  readonly #permits: Permit[] = [];
  /** What the resource was opened with; the number is what we shall have written when all has arrived. */
  #opened: { readonly token: number; value: number | undefined } | undefined;

  constructor(held: Lease, socket: Socket) {
    this.#lease = held;
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    // It passes on those of the socket.
    lines.on('error', () => {});
    lines.on('line', (line) => this.#hear(line));
  }

  /** As many writes as there is room for. The token is looked at for each. */
  turn(): void {
    for (let count = 0; count < BURST && this.#permits.length < WINDOW; count++) {
      const { token } = this.#lease;
      if (token === null) return;
      if (this.#opened?.token !== token) {
        // What is under way with another token is answered first.
        if (this.#permits.length > 0 || !this.#enter()) return;
        this.#opened = { token, value: undefined };
        this.#socket.write(`open ${holder} ${token}\n`);
        return;
      }
      if (this.#opened.value === undefined || !this.#enter()) return;
      this.#opened.value += 1;
      this.#socket.write(`write ${token} ${this.#opened.value}\n`);
    }
  }

  end(): void {
    for (const permit of this.#permits.splice(0)) permit.release();
  }

  #enter(): boolean {
    const permit = lifecycle.gate.tryEnter('write');
    if (permit !== null) this.#permits.push(permit);
    return permit !== null;
  }

  #hear(line: string): void {
    this.#permits.shift()?.release();
    const [verb, value] = line.split(' ');
    if (verb === 'value' && this.#opened !== undefined) this.#opened.value = Number(value);
    if (verb === 'old' && this.#opened !== undefined) this.#opened.value = undefined;
  }
}

/** Reads a key and replaces what it has read, and so on. */
async function clerk(of: Store): Promise<void> {
  for (let count = 1; ; count++) {
    const key = `clerk-${Math.floor(Math.random() * told.keys)}`;
    try {
      const { version } = await answerOf((signal) => of.read(key, signal), ANSWER_MS, THREAD_TIME);
      const value = `${holder} ${count}`;
      const swap = answerOf((s) => of.swap(key, version, value, s), ANSWER_MS, THREAD_TIME);
      await swap;
    } catch {
      // Nobody knows what became of it.
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * THINK_MS));
  }
}

handleSignals(lifecycle, { log: false });
lifecycle.markReady();
const { store: bare } = await open(place);
const store = recorded(bare, told.history);
void clerk(store);
const writer = await lease(lifecycle, { store, name: 'writer', holder, ttlMs });
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);
const tell = (): void => say({ state: writer.state, token: writer.token, atNs: nowNs() });
writer.onChange(tell);
tell();
write(writer);
