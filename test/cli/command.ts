/**
 * Runs the built command line as a process of its own, on any of the runtimes, and gives back how it
 * ended and all that it wrote. It asserts one thing everywhere: the token is in none of it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Runtime } from '../runtime/program.ts';

const ROOT = join(import.meta.dirname, '../..');
export const MAIN = join(ROOT, 'dist/cli/main.js');
export const TOKEN = 'a-token-of-the-operator';

/** How it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stdout. */
  readonly lines: readonly string[];
}

/** What a command may be given. */
export interface CommandOptions {
  /** In the environment; `null` for none. By default {@link TOKEN}. */
  readonly token?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  /** The reader goes away at once. */
  readonly unread?: boolean;
}

/** The words that start it: on Deno with no more than it needs. */
export function startOf(runtime: Runtime): [program: string, args: string[]] {
  const bin = join(ROOT, 'node_modules/.bin');
  if (runtime === 'node') return [process.execPath, [MAIN]];
  if (runtime === 'bun') return [join(bin, 'bun'), [MAIN]];
  const permissions = ['--allow-net', '--allow-env', '--allow-read'];
  return [join(bin, 'deno'), ['run', '--no-prompt', '--no-lock', ...permissions, MAIN]];
}

/** A command that runs. */
export class Command {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isOver = false;

  constructor(
    runtime: Runtime,
    words: readonly string[],
    { token = TOKEN, env = {}, unread = false }: CommandOptions = {},
  ) {
    const [program, args] = startOf(runtime);
    const inherited = { ...process.env, NO_COLOR: '1', TIDEGATE_ADMIN_TOKEN: token ?? '', ...env };
    this.#child = spawn(program, [...args, ...words], {
      env: inherited,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    if (unread) this.#child.stdout?.destroy();
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('close', (code, signal) => {
        this.#isOver = true;
        const [stdout, stderr] = [this.#stdout, this.#stderr];
        if (`${stdout}${stderr}`.includes(TOKEN)) reject(new Error('The token was shown'));
        const lines = stdout === '' ? [] : stdout.trimEnd().split('\n');
        resolve({ code, signal, stdout, stderr, lines });
      });
    });
  }

  /** Resolves when stdout matches; rejects if it ends before. */
  async seen(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#stdout)) {
      if (this.#isOver) throw new Error(`It ended before ${pattern}: ${this.#stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** To the runtime itself: what was started may be a script that starts it. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(this.#child.pid, 'SIGINT');
  }
}

/** Runs it to its end. */
export function run(
  runtime: Runtime,
  words: readonly string[],
  options?: CommandOptions,
): Promise<Ended> {
  return new Command(runtime, words, options).ended;
}
