/**
 * Processes that contend for a lease, and the resource that they write to, which judges each write by
 * its token.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle, commandOf, type Runtime } from '../runtime/program.ts';
import type { Place } from './open.ts';
import type { Said, Told } from './program.ts';

const PROGRAM = join(import.meta.dirname, 'program.ts');

/** Node runs no TypeScript. */
export function bundleContenders(): void {
  bundle(PROGRAM);
}

/** What checks tokens, as a database would: it accepts none lower than one that it has accepted. */
export class Resource {
  highest = 0;
  accepted = 0;
  refused = 0;
  /** Which contender each token came from first. */
  readonly holders: Map<number, string> = new Map();
  /** What went against the promise. */
  readonly broken: string[] = [];

  write(holder: string, token: number): void {
    const known = this.holders.get(token);
    if (known === undefined) this.holders.set(token, holder);
    else if (known !== holder) this.broken.push(`${known} and ${holder} have token ${token}`);
    if (token < this.highest) this.refused += 1;
    else {
      this.highest = token;
      this.accepted += 1;
    }
  }
}

/** One process. */
export class ContenderProcess {
  readonly holder: string;
  state = '';
  pid = 0;
  isGone = false;
  readonly gone: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, holder: string) {
    this.#child = child;
    this.holder = holder;
    this.gone = new Promise((resolve) => {
      child.once('close', () => {
        this.isGone = true;
        resolve(undefined);
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    if (this.isGone) return;
    if (this.pid === 0) this.#child.kill(name);
    else process.kill(this.pid, name);
  }
}

/** All of them, and the resource. */
export class Contenders {
  readonly resource: Resource = new Resource();
  readonly #place: Place;
  readonly #ttlMs: number;
  #processes: ContenderProcess[] = [];
  readonly #waiters: Set<() => void> = new Set();
  #count = 0;

  constructor(place: Place, ttlMs: number) {
    this.#place = place;
    this.#ttlMs = ttlMs;
  }

  start(runtime: Runtime): ContenderProcess {
    this.#count += 1;
    const holder = `${runtime}-${this.#count}`;
    const told: Told = { place: this.#place, name: 'writer', holder, ttlMs: this.#ttlMs };
    const [command, args] = commandOf(runtime, PROGRAM);
    const env = { ...process.env, NO_COLOR: '1', CONTENDER: JSON.stringify(told) };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const contender = new ContenderProcess(child, holder);
    this.#processes.push(contender);
    void contender.gone.then(() => this.#wake());
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(contender, line));
    return contender;
  }

  /** Whoever has written with a token above `token`, as soon as somebody has. */
  async writerAbove(token: number): Promise<ContenderProcess> {
    await this.until(() => this.resource.highest > token);
    const holder = this.resource.holders.get(this.resource.highest);
    const found = this.#processes.find((each) => each.holder === holder);
    if (found === undefined) throw new Error(`Nobody is called ${holder}`);
    return found;
  }

  /** Until so many more writes were accepted. */
  async writes(count: number): Promise<void> {
    const enough = this.resource.accepted + count;
    await this.until(() => this.resource.accepted >= enough);
  }

  /** Until it is so, looked at after every line. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#processes.every(({ isGone }) => isGone)) throw new Error('All of them have ended');
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  get processes(): readonly ContenderProcess[] {
    return this.#processes;
  }

  async end(): Promise<void> {
    for (const each of this.#processes) each.signal('SIGKILL');
    await Promise.all(this.#processes.map(({ gone }) => gone));
    this.#processes = [];
  }

  #hear(contender: ContenderProcess, line: string): void {
    const said = JSON.parse(line) as Said;
    if (said.event === 'write') this.resource.write(contender.holder, said.token);
    else if (said.event === 'started') contender.pid = said.pid;
    else contender.state = said.state;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
