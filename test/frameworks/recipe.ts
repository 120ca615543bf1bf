/**
 * Runs a program of `examples/frameworks` as a process of its own: with which command, where it
 * listens, what it prints, and how it ends. It asserts nothing.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

export const ROOT: string = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
/** Of every recipe that has admin routes. */
export const TOKEN = 'a-token-of-the-operator';

/** A program, and how it is started. */
export interface Recipe {
  readonly name: string;
  readonly runtime: 'node' | 'deno' | 'bun';
  /** Packages that are taken for others: another version of the framework. */
  readonly alias?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What the body of a note is sent as; SvelteKit takes plain text for a form of another site. */
  readonly type?: string;
  /** What it speaks, if it is not HTTP/1. */
  readonly protocol?: 'h2';
  /** What it prints when the framework's own hook of the end runs. */
  readonly closes?: string;
  /** Where it is not a file of that name: the whole command, and the folder in which it runs. */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
}

/** What a test calls it. */
export function titleOf({ name, runtime, alias = {} }: Recipe): string {
  return `${Object.values(alias)[0] ?? name} on ${runtime}`;
}

/** Node 20 runs no TypeScript: it becomes one file, and the framework stays in `node_modules`. */
function commandOf(recipe: Recipe): readonly [string, ...string[]] {
  const { name, runtime, alias = {}, command } = recipe;
  if (command !== undefined) return command;
  const source = join(ROOT, 'examples/frameworks', `${name}.ts`);
  if (runtime === 'bun') return [join(BIN, 'bun'), source];
  if (runtime === 'deno') return [join(BIN, 'deno'), 'run', '-A', '--no-lock', source];
  const outfile = join(ROOT, 'build', `frameworks-${Object.values(alias)[0] ?? name}.mjs`);
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    alias: { ...alias },
  });
  return [process.execPath, outfile];
}

/** A recipe that runs. */
export class Running {
  /** Resolves when it says where it listens; rejects if it ends before. */
  readonly port: Promise<number>;
  readonly exitCode: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;
  readonly #waiters: Set<() => void> = new Set();
  #isOver = false;

  constructor(recipe: Recipe, env: Readonly<Record<string, string>> = {}) {
    const [command, ...args] = commandOf(recipe);
    const { cwd = ROOT } = recipe;
    const all = { ...process.env, NO_COLOR: '1', ADMIN_TOKEN: TOKEN, ...recipe.env, ...env };
    this.#child = spawn(command, args, { cwd, env: all, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.exitCode = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#isOver = true;
        this.#wake();
        resolve(code);
      });
    });
    this.port = this.prints(/listening on http\S*:(\d+)/).then(([, port]) => Number(port));
    // Awaited by whoever needs it.
    this.port.catch(() => {});
  }

  /** Resolves when it has printed that. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.#isOver) throw new Error(`It ended without ${pattern}: ${this.output}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** SIGTERM; resolves to the exit code. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exitCode;
  }

  /** For the end of a test, however it ended. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  #wake(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
