/**
 * `examples/edge`, run as `docs/edge.md` says: its command starts it, its `curl` lines get the statuses that
 * are written beside them, Ctrl-C ends it, and what it remembers it remembers.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const execute = promisify(execFile);

const [, section = ''] = /\n## Run one\n([\s\S]*)/.exec(readFileSync('docs/edge.md', 'utf8')) ?? [];
const [started = '', ...commands] = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(
  ([, block = '']) => block.trim().split('\n'),
);
// What is set for Wrangler is not for this one.
const asked = commands.filter((line) => line.startsWith('curl '));
/** What the document types into the first terminal; the packages are there already. */
const COMMAND = started.replace('npm ci && ', '').split(' ');

const IN_CI = process.env.CI === 'true';
const hasCurl = await execute('curl', ['--version']).then(
  () => true,
  () => false,
);
const isSkipped = !hasCurl && !IN_CI;
const skipped = isSkipped ? ' (SKIPPED: curl is not installed; apt-get install curl)' : '';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-edge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The example in its own process group, as a terminal has it. */
class Example implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  /** Where each isolate listens, in order. */
  readonly urls: string[] = [];
  /** All that it says on stderr. */
  said = '';

  private constructor(environment: Readonly<Record<string, string>>) {
    const [program = '', ...args] = COMMAND;
    this.#child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DATA_DIR: folder, PORT: '0', ...environment },
    });
    this.#exit = once(this.#child, 'close');
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Example> {
    const example = new Example(environment);
    const isolates = Number(environment.ISOLATES ?? 3);
    if (example.#child.stdout === null) throw new Error('There is no output to read');
    for await (const line of createInterface({ input: example.#child.stdout })) {
      const url = /^isolate \d+ of \S+: (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) example.urls.push(url);
      if (example.urls.length === isolates) return example;
    }
    await example.#exit;
    throw new Error(`It ended before it served: ${example.said}`);
  }

  /** A line of the document, asked of this one. */
  async curl(line: string): Promise<number> {
    const [command = ''] = line.split('#');
    const here = command.replace(/http:\/\/127\.0\.0\.1:878(\d)/, (_, isolate: string) =>
      String(this.urls[Number(isolate) - 1]),
    );
    const quiet = `${here} -s -o '${join(folder, 'answer')}' -w '%{http_code}'`;
    return Number((await execute('sh', ['-c', quiet])).stdout);
  }

  put(isolate: number, body = 'a note'): Promise<Response> {
    return fetch(`${this.urls[isolate]}/notes/tide`, { method: 'PUT', body });
  }

  /** Ctrl-C. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null) process.kill(-pid, 'SIGINT');
    await this.#exit;
  }
}

/** The body of the last answer. */
function answer(): string {
  return readFileSync(join(folder, 'answer'), 'utf8');
}

/** The status that is written beside a line. */
function statusOf(line: string): number {
  return Number(/# (\d{3})/.exec(line)?.[1]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('It never came to that');
}

it.skipIf(isSkipped)(`answers as the document says, and remembers${skipped}`, async () => {
  expect([COMMAND.join(' '), asked.length]).toEqual(['npm run start:edge', 6]);
  expect(asked.map(statusOf)).toEqual([204, 200, 200, 503, 200, 503]);
  {
    await using example = await Example.start();
    for (const line of asked) {
      // How soon is what test/edge measures; here it is that it comes to that.
      if (statusOf(line) === 503) await until(async () => (await example.curl(line)) === 503);
      else expect([line, await example.curl(line)]).toEqual([line, statusOf(line)]);
      if (line.includes('from another')) expect(answer()).toBe('at high water\n');
    }
    expect(answer()).toContain('"reason":"draining"');
  }
  {
    await using again = await Example.start();
    const refused = await again.put(2);
    expect([refused.status, (await refused.json()).reason]).toEqual([503, 'draining']);
  }
  await using next = await Example.start({ DEPLOYMENT: 'v2' });
  expect((await next.put(0)).status).toBe(204);
});

it('refuses what is no note, and a delete is in flight until it has ended', async () => {
  await using example = await Example.start({ ISOLATES: '1' });
  const [url = ''] = example.urls;
  const ask = async (path: string, init?: RequestInit): Promise<number> =>
    (await fetch(`${url}${path}`, init)).status;
  expect((await example.put(0, 'a'.repeat(4_096))).status).toBe(204);
  expect((await example.put(0, 'a'.repeat(4_097))).status).toBe(413);
  expect(await ask('/notes/Not%20a%20name', { method: 'PUT', body: 'a' })).toBe(404);
  expect(await ask('/notes/none')).toBe(404);
  expect(await ask('/notes/tide', { method: 'POST', body: 'a' })).toBe(405);
  expect(await ask('/fleet/drain', { method: 'POST' })).toBe(401);
  expect(await ask('/notes/tide')).toBe(200);
  expect(await ask('/notes/tide', { method: 'DELETE' })).toBe(202);
  await until(async () => (await ask('/notes/tide')) === 404);
});

describe('settings that cannot be', () => {
  it.each([
    { PORT: 'http' },
    { PORT: '65535' },
    { ISOLATES: '0' },
    { ISOLATES: '1.5' },
    { DEPLOYMENT: ' ' },
    { TIDEGATE_ADMIN_TOKEN: '' },
  ])('are refused before anything starts: %o', async (environment) => {
    const failed = execute(process.execPath, ['examples/edge/start.js'], {
      env: { ...process.env, DATA_DIR: folder, PORT: '0', ...environment },
    });
    await expect(failed).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(new RegExp(`^Cannot start: ${Object.keys(environment)[0]} `)),
    });
  });
});
