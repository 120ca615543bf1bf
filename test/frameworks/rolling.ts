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
const PAUSE_MS = 20;
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

/** Where a recipe keeps notes. */
export interface Routes {
  readonly read: string;
  readonly write: string;
}

const ROUTES: Routes = { read: '/hello', write: '/notes' };

/** Restarts one instance after the other, so many times, under load; and then ends both. */
export async function roll(
  recipe: Recipe,
  restarts: number,
  routes: Routes = ROUTES,
): Promise<Rolled> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-recipe-'));
  const journal = join(folder, 'journal');
  const ports = [await freePort(), await freePort()];
  const start = (index: number): Promise<Running> =>
    started(recipe, { ...PRE_DRAIN, PORT: String(ports[index]), JOURNAL: journal });
  const instances = await Promise.all([start(0), start(1)]);
  const haproxy = await Haproxy.start(ports, CHECK_MS);
  const load = new Load(haproxy.port, routes);
  const { rolled } = load;
  try {
    for (let turn = 0; turn < restarts; turn++) {
      const index = turn % 2;
      rolled.exitCodes.push((await instances[index]?.end()) ?? null);
      instances[index] = await start(index);
      await haproxy.isUp(index);
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
  readonly #routes: Routes;
  readonly #acknowledged: string[] = [];
  readonly #clients: Promise<unknown>;
  #isOver = false;

  constructor(port: number, routes: Routes) {
    this.#port = port;
    this.#routes = routes;
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
    return this.#ask('reads', 'hello', () => wire.request(this.#routes.read));
  }

  async #write(wire: Wire, turn: number): Promise<boolean> {
    const body = `note ${turn} of ${Math.random()}`;
    const headers = ['content-type: text/plain'];
    return this.#ask('writes', body, async () => {
      const reply = await wire.request(this.#routes.write, { method: 'POST', body, headers });
      if (reply.status < 300) this.#acknowledged.push(body);
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
