/**
 * Starts a service (`service.ts`, or that of another folder) as a real process on a runtime, hears
 * what it says, and sends its signals to the runtime itself.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import type { ServiceOptions } from './service.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVICE = join(import.meta.dirname, 'service.ts');

export type Runtime = 'node' | 'deno' | 'bun';
export const RUNTIMES: readonly Runtime[] = ['node', 'deno', 'bun'];

/** One line of the service. */
export interface ServiceEvent {
  readonly event: string;
  /** Wall-clock milliseconds with fractions; comparable with `Date.now()` here. */
  readonly atMs: number;
  readonly [key: string]: unknown;
}

/** How the process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

/** Node 20 runs no TypeScript: a program becomes one file. */
export function bundle(source: string = SERVICE): void {
  buildSync({
    entryPoints: [source],
    outfile: bundleOf(source),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    // CommonJS packages do not work inside an ES module.
    packages: 'external',
  });
}

/** Where `bundle` puts it, to be run by Node. */
export function bundleOf(source: string): string {
  return join(ROOT, 'build', relative(ROOT, source).replace(/\W/g, '-').concat('.mjs'));
}

/** What starts a service on a runtime. */
export function commandOf(runtime: Runtime, source: string): [string, string[]] {
  const bin = join(ROOT, 'node_modules/.bin');
  if (runtime === 'deno') return [join(bin, 'deno'), ['run', '-A', '--no-lock', source]];
  if (runtime === 'bun') return [join(bin, 'bun'), [source]];
  return [process.execPath, [bundleOf(source)]];
}

/** A service that runs. */
export class Program {
  readonly events: ServiceEvent[] = [];
  readonly exit: Promise<Exit>;
  port = 0;
  #pid = 0;
  #isOver = false;
  stderr = '';
  readonly #child: ChildProcess;
  readonly #waiters: Set<() => void> = new Set();

  private constructor(child: ChildProcess) {
    this.#child = child;
    let line = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) this.#hear(each);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exit = new Promise((resolve) => {
      let atMs = 0;
      child.once('exit', () => {
        atMs = Date.now();
      });
      // 'close' comes after the last line was read.
      child.once('close', (code, signal) => {
        this.#isOver = true;
        for (const wake of this.#waiters) wake();
        resolve({ code, signal, atMs });
      });
    });
  }

  /** Starts it and waits until it listens. */
  static async start(
    runtime: Runtime,
    options: ServiceOptions | object = {},
    source: string = SERVICE,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    const [command, args] = commandOf(runtime, source);
    const service = JSON.stringify(options);
    const env = { ...process.env, NO_COLOR: '1', SERVICE: service, ...environment };
    const program = new Program(spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    const { pid, port, ...heard } = await program.heard('listening');
    if (heard.runtime !== runtime) throw new Error(`It runs on ${heard.runtime}`);
    program.#pid = Number(pid);
    program.port = Number(port);
    return program;
  }

  /** The first event of that name, past or to come. */
  async heard(event: string): Promise<ServiceEvent> {
    while (true) {
      const found = this.events.find((each) => each.event === event);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`It ended without "${event}": ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
      this.#waiters.clear();
    }
  }

  all(event: string): ServiceEvent[] {
    return this.events.filter((each) => each.event === event);
  }

  /** To the runtime's own process: what was started may be a script that starts it. */
  signal(name: NodeJS.Signals): void {
    if (this.#pid > 0) process.kill(this.#pid, name);
    else this.#child.kill(name);
  }

  /** The same again and again until it is gone, at once or once its loop has turned often enough. */
  async insist(name: NodeJS.Signals): Promise<void> {
    while (!this.#isOver) {
      try {
        this.signal(name);
      } catch {
        // It is gone, and its pipes are not closed yet.
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** For the end of a test, however it ended. */
  async kill(): Promise<void> {
    if (!this.#isOver) {
      try {
        this.signal('SIGKILL');
      } catch {
        // It is gone, and its pipes are not closed yet.
      }
    }
    await this.exit;
  }

  #hear(line: string): void {
    try {
      this.events.push(JSON.parse(line) as ServiceEvent);
    } catch {
      this.stderr += `${line}\n`;
    }
    for (const wake of [...this.#waiters]) wake();
  }
}
