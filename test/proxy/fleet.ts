/**
 * Two instances of the service behind HAProxy, the clients in front of it, and the supervisor that
 * restarts one instance after the other. It asserts nothing.
 *
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, bundleOf, Program, type Runtime } from '../runtime/program.ts';
import { freePort, Haproxy } from './haproxy.ts';
import type { LoadMessage, LoadOptions, Tally } from './load.ts';
import type { ServiceOptions, Stopped, Survivors } from './service.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');
const LOAD = join(import.meta.dirname, 'load.ts');
/** A runtime that starts when a port was just left may find it taken for a moment. */
const STARTS_MAX = 5;

/** Bundles what runs as processes of their own. */
export function bundleAll(): void {
  bundle(SERVICE);
  bundle(LOAD);
}

/** One restart, as the instance told it. */
export type Restart = Stopped & Survivors & { readonly code: number | null };

/** What the clients saw, and what is on the disk. */
export interface Outcome extends Tally {
  /** Acknowledged writes that are in no journal. */
  readonly lost: string[];
}

/** The service with its load balancer. */
export class Fleet {
  readonly haproxy: Haproxy;
  readonly #runtime: Runtime;
  readonly #options: readonly ServiceOptions[];
  readonly #programs: Program[];
  readonly #folder: string;
  #load: ChildProcess | undefined;
  #sent = 0;
  #tally: Promise<Tally> | undefined;

  private constructor(
    runtime: Runtime,
    folder: string,
    options: readonly ServiceOptions[],
    programs: Program[],
    haproxy: Haproxy,
  ) {
    this.#runtime = runtime;
    this.#folder = folder;
    this.#options = options;
    this.#programs = programs;
    this.haproxy = haproxy;
  }

  static async start(
    runtime: Runtime,
    preDrain: Pick<ServiceOptions, 'preDrainMs' | 'preDrainProbes'>,
  ): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
    const journal = join(folder, 'journal');
    const options: ServiceOptions[] = [];
    for (let count = 0; count < 2; count++) {
      options.push({ port: await freePort(), journal, ...preDrain });
    }
    const programs = await Promise.all(options.map((each) => startOne(runtime, each)));
    const haproxy = await Haproxy.start(options.map(({ port }) => port));
    return new Fleet(runtime, folder, options, programs, haproxy);
  }

  /** Sends the clients. */
  load(options: Omit<LoadOptions, 'port' | 'acknowledged'>): void {
    const acknowledged = join(this.#folder, 'acknowledged');
    const all: LoadOptions = { ...options, port: this.haproxy.port, acknowledged };
    const env = { ...process.env, LOAD: JSON.stringify(all) };
    const child = fork(bundleOf(LOAD), { env });
    this.#load = child;
    this.#tally = new Promise((resolve, reject) => {
      child.on('message', (message: LoadMessage) => {
        if ('sent' in message) this.#sent = message.sent;
        else resolve(message.tally);
      });
      child.once('exit', (code) => reject(new Error(`The clients ended with ${code}`)));
    });
    // Awaited at the end; until then nobody may have asked.
    this.#tally.catch(() => {});
  }

  /** Resolves when the clients have sent so many requests. */
  async hasSent(requests: number): Promise<void> {
    while (this.#sent < requests) {
      if (this.#load?.exitCode !== null) throw new Error(`The clients ended at ${this.#sent}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /**
   * SIGTERM, and once it is gone a new one in its place; over when HAProxy sends requests to it.
   *
   * @param stallMs for how long the system then gives the process no time
   */
  async restart(index: number, stallMs = 0): Promise<Restart> {
    const ended = await this.#end(index, stallMs);
    const options = this.#options[index];
    if (options === undefined) throw new Error(`There is no instance ${index}`);
    this.#programs[index] = await startOne(this.#runtime, options);
    await this.haproxy.is(index, 'UP');
    return ended;
  }

  /** Calls the clients back, stops the instances, and compares what was acknowledged with the disk. */
  async outcome(): Promise<Outcome> {
    this.#load?.send('stop');
    const tally = await this.#tally;
    if (tally === undefined) throw new Error('There are no clients');
    for (const index of this.#programs.keys()) await this.#end(index);
    const lines = (name: string): string[] =>
      readFileSync(join(this.#folder, name), 'utf8').split('\n').slice(0, -1);
    const written = new Set(lines('journal'));
    return { ...tally, lost: lines('acknowledged').filter((line) => !written.has(line)) };
  }

  async stop(): Promise<void> {
    this.#load?.kill('SIGKILL');
    for (const program of this.#programs) await program.kill();
    await this.haproxy.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(index: number, stallMs = 0): Promise<Restart> {
    const program = this.#programs[index];
    if (program === undefined) throw new Error(`There is no instance ${index}`);
    program.signal('SIGTERM');
    if (stallMs > 0) {
      // Stopped in its pre-drain, however long a slow machine takes to hear the signal.
      await program.heard('accepted');
      program.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, stallMs));
      program.signal('SIGCONT');
    }
    const { code } = await program.exit;
    const stopped = (await program.heard('stopped')) as unknown as Stopped;
    const survivors = (await program.heard('closed')) as unknown as Survivors;
    return { ...stopped, ...survivors, code };
  }
}

async function startOne(runtime: Runtime, options: ServiceOptions): Promise<Program> {
  for (let turn = 1; ; turn++) {
    try {
      return await Program.start(runtime, options, SERVICE);
    } catch (error) {
      if (turn === STARTS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
