/**
 * A server process: started, asked for its port, and ended by the one who started it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SkipError } from './job.ts';
import { type Party, pinnedTo } from './pins.ts';
import type { Runtime } from './runtimes.ts';

const SERVER = 'build/bench/server.mjs';

/** A server that listens. */
export class Served {
  readonly port: number;
  readonly #pid: number;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;

  private constructor(child: ChildProcess, port: number, pid: number) {
    this.#child = child;
    this.port = port;
    this.#pid = pid;
    this.#exit = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** Starts one of the kinds of `program/server.ts`, on the core of `party` if it has one. */
  static async start(runtime: Runtime, kind: string, party?: Party): Promise<Served> {
    const pins = party === undefined ? [] : pinnedTo(party);
    const [program = '', ...args] = [...pins, ...(runtime.command ?? []), SERVER, kind];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
    });
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    for await (const line of createInterface({ input: child.stdout })) {
      // A library may have something to say first.
      if (!line.startsWith('{"version"')) continue;
      const { port, pid } = JSON.parse(line) as { readonly port: number; readonly pid: number };
      child.stdout.resume();
      return new Served(child, port, pid);
    }
    throw new Error(`The server "${kind}" did not start on ${runtime.name}: ${error}`);
  }

  /**
   * Nanoseconds of processor time so far, of all its threads.
   *
   * @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
   */
  cpuNs(): number {
    const tasks = `/proc/${this.#pid}/task`;
    try {
      return readdirSync(tasks)
        .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
        .reduce((sum, ns) => sum + ns, 0);
    } catch {
      throw new SkipError('there is no /proc with schedstat here; Linux has it');
    }
  }

  /** Asks it to end, and resolves with the milliseconds that took. */
  async terminate(): Promise<number> {
    const began = performance.now();
    process.kill(this.#pid, 'SIGTERM');
    await this.#exit;
    return performance.now() - began;
  }

  /** Ends it, whatever it does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    process.kill(this.#pid, 'SIGKILL');
    await this.#exit;
  }
}
