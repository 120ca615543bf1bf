/**
 * Starts a program under `tidegate/auto` as a user would: by a flag of the runtime and an environment.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../ends/certificate.ts';
import type { Runtime } from '../runtime/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');

/** The runtime, with its flag. The package is found by its own name, as in a project that has it. */
const COMMANDS: Readonly<Record<Runtime | 'npm', readonly string[]>> = {
  node: [process.execPath, '--import', 'tidegate/auto'],
  // Where it is a dependency of a project, `npm:tidegate/auto`.
  deno: [join(BIN, 'deno'), 'run', '-A', '--no-lock', '--preload=./dist/auto.js'],
  npm: ['npm', 'exec', '--offline', '--no', '--', 'node'],
  bun: [join(BIN, 'bun'), '--preload', 'tidegate/auto'],
};

/** A program that runs, or has ended. */
export class Started {
  output = '';
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  #isOver = false;
  #wake: () => void = () => {};

  /** @param runtime or `npm`, which starts Node and hears of the flag by `NODE_OPTIONS`, as its child does */
  constructor(
    runtime: Runtime | 'npm',
    program: string,
    environment: Readonly<Record<string, string>>,
  ) {
    const [command = '', ...flags] = COMMANDS[runtime];
    const options = runtime === 'npm' ? { NODE_OPTIONS: '--import tidegate/auto' } : {};
    const env = {
      ...process.env,
      ...options,
      NO_COLOR: '1',
      CERT: CERTIFICATE,
      KEY,
      ...environment,
    };
    const args = [...flags, `test/auto/programs/${program}`];
    this.#child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.exit = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#isOver = true;
        this.#wake();
        resolve({ code, signal });
      });
    });
  }

  /** The parts of the first line that matches, printed already or to come. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.#isOver) throw new Error(`It ended without ${pattern}: ${this.output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async port(): Promise<number> {
    return Number((await this.said(/listening on (\d+)/))[1]);
  }

  /** To the runtime itself: what was started may be a script that starts it. */
  async signal(name: NodeJS.Signals): Promise<void> {
    process.kill(Number((await this.said(/listening on \d+ as (\d+)/))[1]), name);
  }

  /** For the end of a test, however it ended. */
  async kill(): Promise<void> {
    const pid = /listening on \d+ as (\d+)/.exec(this.output)?.[1];
    if (!this.#isOver) {
      if (pid !== undefined) process.kill(Number(pid), 'SIGKILL');
      this.#child.kill('SIGKILL');
    }
    await this.exit;
  }
}

/** A port that nobody has at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
