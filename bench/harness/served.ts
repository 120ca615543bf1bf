/**
 * A server process: started, asked for its port, and ended by the one who started it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SkipError } from './job.ts';
import type { Runtime } from './runtimes.ts';

const SERVER = 'build/bench/server.mjs';

/** A clock tick of /proc, in nanoseconds: 100 a second on every Linux that Node runs on. */
const TICK_NS = 1e7;

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

  /** Starts one of the kinds of `program/server.ts`. */
  static async start(runtime: Runtime, kind: string): Promise<Served> {
    const [program = '', ...args] = runtime.command ?? [];
    const child = spawn(program, [...args, SERVER, kind], {
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

  /** Nanoseconds of processor time so far, of all its threads. */
  cpuNs(): number {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
    } catch {
      throw new SkipError('there is no /proc here; Linux has it');
    }
    // The name, in parentheses, may have blanks in it; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_NS;
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
