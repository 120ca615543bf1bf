/**
 * Starts `tidegate run` as a process of its own, and hears what it and its command say. Whatever a test
 * makes of it, nothing of it is left behind.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { MAIN, startOf } from '../cli/command.ts';
import { commandOf, type Runtime } from '../runtime/program.ts';

/** How it ended. */
export interface RunEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** An event of the command. */
export interface Said {
  readonly event: string;
  readonly pid?: number;
  readonly port?: number;
  readonly [key: string]: unknown;
}

/** A parent that runs. */
export class Started {
  readonly ended: Promise<RunEnd>;
  stderr = '';
  stdout = '';
  readonly #child: ChildProcess;
  readonly #pids: Set<number> = new Set();
  #isOver = false;
  #wake: () => void = () => {};
  #changed: Promise<void> = Promise.resolve();

  constructor(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
    parent: Runtime = 'node',
  ) {
    const [program, args] = parent === 'deno' ? denoStart() : startOf(parent);
    this.#child = spawn(program, [...args, 'run', ...words], {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#again();
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const { pid } of this.events) if (pid !== undefined) this.#pids.add(pid);
      this.#again();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#again();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#isOver = true;
        this.#again();
        // What it started may hold the pipes: a line that was written before is still to be read.
        setImmediate(() => setImmediate(() => resolve({ code, signal })));
      });
    });
  }

  /** Of the service of this folder, or another program. */
  static service(
    runtime: Runtime,
    source: string,
    plan: object,
    { options = [], parent = 'node' }: { options?: readonly string[]; parent?: Runtime } = {},
  ): Started {
    const [program, args] = commandOf(runtime, source);
    const env = { SERVICE: JSON.stringify(plan) };
    return new Started([...options, '--', program, ...args], env, parent);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What the command has said. */
  get events(): Said[] {
    const lines = this.stdout.split('\n').filter((line) => line.startsWith('{"'));
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as Said];
      } catch {
        return [];
      }
    });
  }

  /** The first event of that name, past or to come. */
  async heard(event: string, count = 1): Promise<Said> {
    await this.until(
      () => this.events.filter((each) => each.event === event).length >= count,
      event,
    );
    return this.events.filter((each) => each.event === event)[count - 1] as Said;
  }

  /** Resolves when stderr has it. */
  async said(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.stderr), String(pattern));
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    while (!isSo()) {
      if (this.#isOver) throw new Error(`It ended without ${what}: ${this.stdout}${this.stderr}`);
      await this.#changed;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** For the end of a test, however it ended. */
  async kill(): Promise<void> {
    for (const pid of [...this.#pids, this.pid]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
    await this.ended;
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #again(): void {
    this.#wake();
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** True while a process runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when it has ended. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What a parent needs there. */
function denoStart(): [string, string[]] {
  const [program] = startOf('deno');
  return [program, ['run', '-A', '--no-prompt', '--no-lock', MAIN]];
}
