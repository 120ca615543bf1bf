/**
 * `examples/fleet`, run as `docs/fleet.md` says: three members, one of which writes; the writer is killed, and another one
 * writes with a greater token; they drain as one, and Ctrl-C ends them.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Engine, missingEngine } from '../fleet/engines.ts';

const [, section = ''] =
  /\n## Run three\n([\s\S]*)/.exec(readFileSync('docs/fleet.md', 'utf8')) ?? [];
const [, started = ''] = /^```sh\n(.*)\n/m.exec(section) ?? [];
/** What the document types into the first terminal; the packages are there already. */
const COMMAND = started.replace('npm ci && ', '').split(' ');
const MEMBERS = 3;
const headers = { authorization: 'Bearer secret' };

let folder: string;
const undos: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-fleet-'));
});
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
  rmSync(folder, { recursive: true, force: true });
});

interface Member {
  readonly name: string;
  readonly runtime: string;
  readonly url: string;
  readonly pid: number;
}

/** The example in its own process group, as a terminal has it. */
class Example {
  readonly #child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly members: Member[] = [];
  /** Exit codes, and signals of those that were killed. */
  readonly ends: string[] = [];
  readonly #waiters: Set<() => void> = new Set();

  private constructor(environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = COMMAND;
    this.#child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATA_DIR: folder, PORT: '0', ...environment },
    });
    this.exit = once(this.#child, 'close');
    undos.push(() => this.#kill());
    if (this.#child.stdout === null) throw new Error('There is no output to read');
    createInterface(this.#child.stdout).on('line', (line) => {
      const [, name, runtime, url, pid] =
        /^(member \d) on (\w+): (http:\S+) \(process (\d+)\)$/.exec(line) ?? [];
      const [, end] = /^member \d has ended: (\w+)$/.exec(line) ?? [];
      if (end !== undefined) this.ends.push(end);
      if (name === undefined || runtime === undefined || url === undefined) return;
      this.members.push({ name, runtime, url, pid: Number(pid) });
      for (const wake of this.#waiters) wake();
    });
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Example> {
    const example = new Example(environment);
    while (example.members.length < MEMBERS) {
      const more = new Promise<void>((resolve) => example.#waiters.add(resolve));
      const isOver = await Promise.race([more, example.exit]);
      if (isOver !== undefined) throw new Error('It ended before it served');
    }
    return example;
  }

  /** To all of them, as Ctrl-C does. */
  interrupt(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT');
  }

  async #kill(): Promise<void> {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
    await this.exit;
  }
}

interface Written {
  readonly status: number;
  readonly reason: unknown;
}

async function put({ url }: Member, text: string): Promise<Written> {
  const response = await fetch(`${url}/notes/tide`, { method: 'PUT', body: text });
  const body = response.status === 204 ? {} : await response.json();
  return { status: response.status, reason: (body as { readonly reason?: unknown }).reason };
}

async function read({ url }: Member): Promise<Record<string, unknown>> {
  return (await fetch(`${url}/notes/tide`)).json() as Promise<Record<string, unknown>>;
}

/** Writes until one of them accepts it. */
async function write(members: readonly Member[], text: string): Promise<Member> {
  while (true) {
    for (const member of members) if ((await put(member, text)).status === 204) return member;
  }
}

async function oneWriterAtATime(example: Example): Promise<void> {
  const { members } = example;
  const writer = await write(members, 'at high water');
  const others = members.filter((each) => each !== writer);
  for (const each of others) {
    expect(await put(each, 'too')).toEqual({ status: 503, reason: 'replica' });
    expect(await read(each)).toEqual({ text: 'at high water', token: 1, writer: writer.name });
  }
  process.kill(writer.pid, 'SIGKILL');
  const killedAtMs = Date.now();
  const next = await write(others, 'at low water');
  console.log(
    `${next.runtime} writes ${Date.now() - killedAtMs} ms after ${writer.runtime} was killed`,
  );
  expect(await read(next)).toEqual({ text: 'at low water', token: 2, writer: next.name });

  const [, last] = next === others[0] ? others : [...others].reverse();
  const drained = await fetch(`${last?.url}/fleet/drain`, { method: 'POST', headers });
  expect([drained.status, await drained.json()]).toMatchObject([200, { phase: 'draining' }]);
  while ((await put(next, 'too late')).status === 204);
  for (const each of others) {
    // The phase refuses before the lease does.
    expect((await put(each, 'too late')).status).toBe(503);
    expect((await fetch(`${each.url}/notes/tide`)).status).toBe(200);
  }
  example.interrupt();
  await example.exit;
  expect(example.ends.filter((end) => end === '0')).toHaveLength(2);
  expect(example.ends).toHaveLength(MEMBERS);
}

describe('the example', () => {
  it('has one writer at a time over three runtimes and a folder; killed, it is replaced', async () => {
    const example = await Example.start();
    expect(example.members.map(({ runtime }) => runtime).sort()).toEqual(['bun', 'deno', 'node']);
    await oneWriterAtATime(example);
    // Started again it still refuses, because the store remembers; a new deployment starts afresh.
    const again = await Example.start();
    for (const each of again.members) expect((await put(each, 'late')).status).toBe(503);
    again.interrupt();
    await again.exit;
    expect(again.ends).toEqual(['0', '0', '0']);
    const next = await Example.start({ DEPLOYMENT: 'v2' });
    const writer = await write(next.members, 'at high water');
    expect(await read(writer)).toMatchObject({ text: 'at high water', writer: writer.name });
  });

  const why = missingEngine('redis');
  it.skipIf(why !== undefined)(
    `does the same over Redis, named by one variable ${why ?? ''}`,
    async () => {
      const engine = await Engine.start('redis');
      undos.push(() => engine.remove());
      const STORE = `redis://127.0.0.1:${engine.place.port}`;
      await oneWriterAtATime(await Example.start({ STORE }));
    },
  );
});
