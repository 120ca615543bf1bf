/**
 * Runs `examples/documents` as a real process on a runtime, in a data folder of its own, and hears
 * what it prints. On Node it is the node process itself, so that signals reach it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/documents');

export type Runtime = 'node' | 'deno' | 'bun';
export const RUNTIMES: readonly Runtime[] = ['node', 'deno', 'bun'];
export const TOKEN = 'the-token-of-the-tests';

/** How the process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

function commandOf(runtime: Runtime): [string, string[]] {
  const main = join(EXAMPLE, 'main.ts');
  if (runtime === 'deno') return [npm('deno', 'deno'), ['run', '-A', '--no-lock', main]];
  if (runtime === 'bun') return [npm('bun', 'bin/bun.exe'), [main]];
  return [process.execPath, [join(EXAMPLE, 'start.js')]];
}

/** The binary itself: what is in `.bin` may be a script that starts it, and keeps the signals. */
function npm(name: string, binary: string): string {
  return join(ROOT, 'node_modules', name, binary);
}

/** A folder of its own, with its removal. */
export function dataFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-documents-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** One run of the service. */
export class Service {
  /** Standard output and standard error, as they came. */
  stdout = '';
  stderr = '';
  url = '';
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiters: Set<() => void> = new Set();
  #isOver = false;

  /** Starts it; the environment of the tests does not reach it. */
  constructor(
    runtime: Runtime,
    folder: string | undefined,
    environment: Readonly<Record<string, string>> = { TIDEGATE_ADMIN_TOKEN: TOKEN },
  ) {
    const [command, args] = commandOf(runtime);
    const { PATH = '', HOME = '' } = process.env;
    const data = folder === undefined ? {} : { DATA_DIR: folder };
    const env = { PATH, HOME, PORT: '0', NO_COLOR: '1', ...data, ...environment };
    this.#child = spawn(command, args, { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const wake of [...this.#waiters]) wake();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    let atMs = 0;
    this.#child.once('exit', () => {
      atMs = Date.now();
    });
    this.exit = new Promise((resolve) => {
      // 'close' comes after the last line was read.
      this.#child.once('close', (code, signal) => {
        this.#isOver = true;
        for (const wake of [...this.#waiters]) wake();
        resolve({ code, signal, atMs });
      });
    });
  }

  /** Starts it and waits until it is ready. */
  static async ready(runtime: Runtime, folder: string): Promise<Service> {
    const service = new Service(runtime, folder);
    await service.printed(/Ctrl-C/);
    return service;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What matches in standard output, printed or to come. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      this.url ||= /http:\/\/\S+/.exec(this.stdout)?.[0] ?? '';
      const found = pattern.exec(this.stdout);
      if (found !== null) return found;
      if (this.#isOver) {
        throw new Error(`It ended without ${pattern}: ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
      this.#waiters.clear();
    }
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** An admin call. */
  admin(path: string, method = 'POST'): Promise<Response> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    return fetch(`${this.url}/admin/${path}`, { method, headers });
  }

  /** Writes a document; the status of the answer. */
  async put(id: string, title: string, text: string): Promise<number> {
    const body = JSON.stringify({ title, text });
    return (await fetch(`${this.url}/documents/${id}`, { method: 'PUT', body })).status;
  }

  /** The stages of the cold start, as `/metrics` has them. */
  async stages(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.matchAll(/^tidegate_cold_start_phase_seconds\{phase="(\w+)"\} (\S+)$/gm);
    return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
  }

  /** Ends it, and waits until it has ended. */
  async end(name: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.#isOver) this.signal(name);
    return this.exit;
  }
}
