/**
 * The document service as a process of its own, on any of the runtimes, with its output and its
 * data folder at hand. It asserts nothing.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How each runtime starts it; the process is the runtime itself, not a launcher. */
const COMMANDS = {
  node: [process.execPath, 'examples/documents/start.js'],
  deno: ['node_modules/.bin/deno', 'run', '-A', 'examples/documents/main.ts'],
  bun: ['node_modules/.bin/bun', 'examples/documents/main.ts'],
} as const;

/** Beside the program, on Node: what a test wants to go wrong. */
const SABOTAGE = ['--import', './test/examples/sabotage.js'];

export type Runtime = keyof typeof COMMANDS;
export const RUNTIMES = Object.keys(COMMANDS) as Runtime[];
export const TOKEN = 'a token for tests';

/** How a process ended, and when its exit was seen (`Date.now()`). */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

/** A data folder that is removed when the test is over. */
export class DataFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'tidegate-documents-'));

  get database(): string {
    return join(this.path, 'documents.db');
  }

  get backup(): string {
    return join(this.path, 'backup', 'documents.db');
  }

  /** The database as after the loss of a disk: only the backup is left. */
  loseDatabase(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.database}${suffix}`, { force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** One run of the service. */
export class Service {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  #output = '';
  #port = 0;
  #isOver = false;
  readonly #stamps: [line: string, atMs: number][] = [];

  private constructor(
    runtime: Runtime,
    environment: Readonly<Record<string, string>>,
    isSabotaged: boolean,
  ) {
    const [command, ...args] = COMMANDS[runtime];
    this.#child = spawn(command, isSabotaged ? [...SABOTAGE, ...args] : args, {
      env: { ...process.env, PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', isSabotaged ? 'ipc' : 'ignore'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        const now = Date.now();
        for (const line of text.split('\n')) this.#stamps.push([line, now]);
      });
    }
    this.exit = new Promise((resolve) => {
      let atMs = 0;
      this.#child.once('exit', () => {
        atMs = Date.now();
      });
      // Comes after the last line was read.
      this.#child.once('close', (code, signal) => {
        this.#isOver = true;
        resolve({ code, signal, atMs });
      });
    });
  }

  /** Starts it and waits until it listens and is ready. */
  static async start(
    runtime: Runtime,
    data: DataFolder,
    environment: Readonly<Record<string, string>> = {},
    isSabotaged = false,
  ): Promise<Service> {
    const settings = { DATA_DIR: data.path, TIDEGATE_ADMIN_TOKEN: TOKEN, ...environment };
    const service = new Service(runtime, settings, isSabotaged);
    const [, port] = await service.seen(/listening on http:\/\/[^:]+:(\d+)/);
    service.#port = Number(port);
    return service;
  }

  /** Starts it with nothing but this environment, and waits for nothing. */
  static launch(runtime: Runtime, environment: Readonly<Record<string, string>>): Service {
    return new Service(runtime, environment, false);
  }

  /** Has something go wrong in it, as `sabotage.js` knows how; resolves when it has. */
  async sabotage(deed: string, more: Readonly<Record<string, number>> = {}): Promise<unknown> {
    const done = new Promise<unknown>((resolve) => {
      const listener = (message: { readonly deed: string; readonly result: unknown }): void => {
        if (message.deed !== deed) return;
        this.#child.off('message', listener);
        resolve(message.result);
      };
      this.#child.on('message', listener);
    });
    this.#child.send({ deed, ...more });
    return done;
  }

  get port(): number {
    return this.#port;
  }

  get output(): string {
    return this.#output;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** Resolves when its output matches; rejects if it ends before. */
  async seen(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.#isOver) {
        throw new Error(`It ended before ${pattern}:\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** When a line that matches was received, `Date.now()`. */
  seenAtMs(pattern: RegExp): number {
    return this.#stamps.find(([line]) => pattern.test(line))?.[1] ?? Number.NaN;
  }

  /** What the probe thread says: it answers also while nobody else does. */
  async probe(path: string): Promise<Response> {
    const [, url] = await this.seen(/probes on (http:\/\/[^/]+)/);
    return fetch(`${url}${path}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Whoever read its output goes away, as when a terminal is closed. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  async get(path: string): Promise<Response> {
    return fetch(this.url(path));
  }

  async put(id: string, title: string, text: string): Promise<Response> {
    return fetch(this.url(`/documents/${id}`), {
      method: 'PUT',
      body: JSON.stringify({ title, text }),
    });
  }

  async admin(method: string, path: string): Promise<Response> {
    return fetch(this.url(path), { method, headers: { authorization: `Bearer ${TOKEN}` } });
  }

  /** Whatever state it is in. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }
}
