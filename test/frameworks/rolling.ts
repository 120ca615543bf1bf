/**
 * A rolling restart of a recipe: two instances behind HAProxy, clients with a kept-alive connection
 * each in front of it, and a journal to compare with what was acknowledged.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { freePort, Haproxy } from '../proxy/haproxy.ts';
import { Cut, type Reply, saysClose, Wire } from '../runtime/wire.ts';
import { type Recipe, Running } from './recipe.ts';

const CLIENTS = 50;
/** Of a client between two requests: the machine also has to start processes meanwhile. */
const PAUSE_MS = 40;
/** Of HAProxy's checks; two of them are the pre-drain. */
const CHECK_MS = 40;
const PRE_DRAIN = { PRE_DRAIN_MS: '10000', PRE_DRAIN_PROBES: '2' };
/** A new process may find the port of the last one taken for a moment. */
const STARTS_MAX = 5;

/** What came of it. */
export interface Rolled {
  readonly exitCodes: (number | null)[];
  reads: number;
  writes: number;
  /** One line for each request that was not answered as it should have been. */
  readonly failed: string[];
  /** Acknowledged writes that no flush has seen. */
  lost: string[];
}

/** How a recipe is asked. */
export interface Asking {
  readonly read: string;
  /** The body of the answer. */
  readonly hello: string;
  readonly write: string;
  readonly type: string;
  /** The body that keeps a note. */
  body(note: string): string;
  /** The answer to it. */
  kept(note: string): string;
}

const ASKING: Asking = {
  read: '/hello',
  hello: 'hello',
  write: '/notes',
  type: 'text/plain',
  body: (note) => note,
  kept: (note) => note,
};

/** Restarts one instance after the other, so many times, under load; and then ends both. */
export async function roll(
  recipe: Recipe,
  restarts: number,
  asking: Partial<Asking> = {},
): Promise<Rolled> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-recipe-'));
  const journal = join(folder, 'journal');
  // Two for each instance: the next one starts at the other while the last one leaves.
  const ports = await Promise.all([0, 1, 2, 3].map(() => freePort()));
  const start = (place: number): Promise<Running> =>
    started(recipe, { ...PRE_DRAIN, PORT: String(ports[place]), JOURNAL: journal });
  const instances = await Promise.all([start(0), start(1)]);
  const haproxy = await Haproxy.start(ports, {
    checkMs: CHECK_MS,
    there: 2,
    protocol: recipe.protocol,
  });
  const { type = ASKING.type } = recipe;
  const load = new Load(haproxy.port, { ...ASKING, type, ...asking });
  const { rolled } = load;
  try {
    for (let turn = 0; turn < restarts; turn++) {
      const index = turn % 2;
      const place = (turn + 2) % 4;
      const [exitCode, next] = await Promise.all([instances[index]?.end(), start(place)]);
      rolled.exitCodes.push(exitCode ?? null);
      instances[index] = next;
      await haproxy.isUp(place);
    }
    const acknowledged = await load.stop();
    for (const instance of instances) rolled.exitCodes.push(await instance.end());
    const flushed = new Set(readFileSync(journal, 'utf8').split('\n'));
    rolled.lost = acknowledged.filter((note) => !flushed.has(note));
    return rolled;
  } finally {
    await load.stop();
    for (const instance of instances) await instance.kill();
    await haproxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints what came of it, and expects that nothing is lost. */
export function expectNoLoss(title: string, rolled: Rolled, restarts: number): void {
  const { exitCodes, reads, writes, failed, lost } = rolled;
  console.log(
    `${title}: ${restarts} restarts, ${reads} reads, ${writes} writes, ${failed.length} failed, ` +
      `${lost.length} acknowledged writes lost`,
  );
  expect(failed.slice(0, 10)).toEqual([]);
  expect(lost.slice(0, 10)).toEqual([]);
  expect(exitCodes).toEqual(Array(restarts + 2).fill(0));
  expect(Math.min(reads, writes)).toBeGreaterThan(0);
}

async function started(recipe: Recipe, env: Readonly<Record<string, string>>): Promise<Running> {
  for (let turn = 1; ; turn++) {
    const running = new Running(recipe, env);
    try {
      await running.port;
      return running;
    } catch (error) {
      if (turn === STARTS_MAX) throw error;
      await sleep(100);
    }
  }
}

/** The clients. */
class Load {
  readonly rolled: Rolled = { exitCodes: [], reads: 0, writes: 0, failed: [], lost: [] };
  readonly #port: number;
  readonly #asking: Asking;
  readonly #acknowledged: string[] = [];
  readonly #clients: Promise<unknown>;
  #isOver = false;

  constructor(port: number, asking: Asking) {
    this.#port = port;
    this.#asking = asking;
    const clients = Array.from({ length: CLIENTS }, (_, index) => this.#client(index));
    this.#clients = Promise.all(clients);
  }

  /** Resolves to the writes that were acknowledged. */
  async stop(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#clients;
    return this.#acknowledged;
  }

  async #client(index: number): Promise<void> {
    let wire: Wire | undefined;
    for (let turn = index; !this.#isOver; turn++) {
      if (wire?.isOver !== false) wire = await Wire.open(this.#port);
      const goesOn = turn % 2 === 0 ? await this.#write(wire, turn) : await this.#read(wire);
      if (!goesOn) {
        wire.socket.destroy();
        wire = undefined;
      }
      await sleep(PAUSE_MS);
    }
    wire?.socket.destroy();
  }

  async #read(wire: Wire): Promise<boolean> {
    const { read, hello } = this.#asking;
    return this.#ask('reads', hello, () => wire.request(read));
  }

  async #write(wire: Wire, turn: number): Promise<boolean> {
    const { write, type, body, kept } = this.#asking;
    const note = `note ${turn} of ${Math.random()}`;
    const request = { method: 'POST', body: body(note), headers: [`content-type: ${type}`] };
    return this.#ask('writes', kept(note), async () => {
      const reply = await wire.request(write, request);
      if (reply.status < 300) this.#acknowledged.push(note);
      return reply;
    });
  }

  /** Accounts for one request, and says whether its connection goes on. */
  async #ask(
    kind: 'reads' | 'writes',
    expected: string,
    ask: () => Promise<Reply>,
  ): Promise<boolean> {
    try {
      const reply = await ask();
      if (reply.status < 300 && reply.body === expected) this.rolled[kind] += 1;
      else this.rolled.failed.push(`${kind}: ${reply.status} ${reply.body.slice(0, 80)}`);
      return !saysClose(reply);
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      this.rolled.failed.push(`${kind}: ${error.message}`);
      return false;
    }
  }
}
