/**
 * The configurations of HAProxy and nginx in `examples/deploy`: accepted by the programs they are
 * for, and run as they are, but for the addresses, in front of two instances that leave in turn.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../proxy/haproxy.ts';
import { environmentOf, FILES, FOLDER } from './files.ts';
import { Layout, missing, Running } from './process.ts';
import { Clients, Instance } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-deploy-'));
const { PRE_DRAIN_PROBES = '', PRE_DRAIN_MS = '' } = environmentOf(
  FILES['tidegate-example.service'],
);
/** What the unit says of an instance behind HAProxy. */
const BEHIND_HAPROXY = { PRE_DRAIN_PROBES, PRE_DRAIN_MS };

let layout: Layout;
const undone: (() => Promise<void>)[] = [];

beforeAll(async () => {
  layout = await Layout.make();
});
afterEach(async () => {
  for (const undo of undone.splice(0).reverse()) await undo();
});
afterAll(() => {
  layout.remove();
  rmSync(folder, { recursive: true });
});

async function instances(env: Readonly<Record<string, string>> = {}): Promise<Instance[]> {
  const all = await Promise.all(['a', 'b'].map((name) => Instance.start(name, layout, env)));
  for (const each of all) undone.push(() => each.kill());
  return all;
}

/** Starts a proxy, and the clients once it answers. */
async function clientsOf(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  port: number,
): Promise<Clients> {
  const proxy = new Running(words, folder, env);
  // nginx ends its workers when it is asked to.
  undone.push(() => proxy.stop('SIGTERM'));
  const isOver = proxy.exit.then(() => {
    throw new Error(`It ended: ${proxy.output}`);
  });
  await Promise.race([answers(`http://127.0.0.1:${port}/entries/who`), isOver]);
  const clients = new Clients(port);
  undone.push(() => clients.stop());
  return clients;
}

async function answers(url: string): Promise<void> {
  while (true) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Each leaves while the clients go on, and the next one when it is back. */
async function roll(all: readonly Instance[], clients: Clients): Promise<void> {
  for (const instance of all) {
    await clients.hears(all);
    await clients.more(100);
    expect(await instance.end()).toEqual({ code: 0, signal: null });
    await clients.more(100);
    await instance.restart();
  }
  await clients.hears(all);
}

/** What a program says of a file, if it does not accept it without a word of warning. */
function refusal(program: string, args: readonly string[], text: string): string | undefined {
  const file = join(folder, 'checked');
  writeFileSync(file, text);
  const { status, stderr, stdout } = spawnSync(program, [...args, file], { encoding: 'utf8' });
  return status === 0 && !/\[warn\]/.test(stderr) ? undefined : `${status} ${stdout}${stderr}`;
}

const noHaproxy = missing('haproxy', 'haproxy');

describe.skipIf(noHaproxy !== undefined)(`HAProxy${noHaproxy ? ` (${noHaproxy})` : ''}`, () => {
  const TEXT = FILES['haproxy.cfg'];
  const check = (text: string) => refusal('haproxy', ['-c', '-dW', '-f'], text);

  it('accepts the file', () => {
    expect(check(TEXT)).toBeUndefined();
  });

  it.each([
    ['an unknown keyword', 'option httpchk', 'option httpchek', /unknown option 'httpchek'/],
    ['an unknown setting of a server', 'rise 1', 'rises 1', /unknown keyword 'rises'/],
    ['a time that is none', 'timeout check 2s', 'timeout check soon', /unexpected character 's'/],
    ['a time-out that is missing', '  timeout client 30s', '', /missing timeouts/],
  ])('refuses %s', (_name, from, to, said) => {
    expect(TEXT).toContain(from);
    expect(check(TEXT.replace(from, to))).toMatch(said);
  });

  async function start(all: readonly Instance[]): Promise<Clients> {
    const port = await freePort();
    const [A = '', B = ''] = all.map((each) => `127.0.0.1:${each.port}`);
    const words = ['haproxy', '-db', '-f', join(FOLDER, 'haproxy.cfg')];
    return clientsOf(words, { BIND: `127.0.0.1:${port}`, A, B }, port);
  }

  it('sees two instances leave in turn, and no request fails', async () => {
    const all = await instances(BEHIND_HAPROXY);
    const clients = await start(all);
    await roll(all, clients);
    console.log(`HAProxy: ${clients.failed.length} of ${clients.sent} failed`);
    expect(clients.failed).toEqual([]);
  });

  it('cannot know of a drain that begins at once: the clients can tell', async () => {
    const all = await instances(BEHIND_HAPROXY);
    const clients = await start(all);
    await clients.hears(all);
    await all[0]?.drain();
    await clients.more(200);
    expect(clients.failed.some((each) => each.startsWith('PUT: 503'))).toBe(true);
  });
});

const noNginx = missing('nginx', 'nginx');

describe.skipIf(noNginx !== undefined)(`nginx${noNginx ? ` (${noNginx})` : ''}`, () => {
  /** The file for these addresses, with all that it writes in the folder of the tests. */
  function textFor(port: number, servers: readonly [number, number]): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `  ${name}_temp_path ${name};\n`,
    );
    const changes: readonly [from: string, to: string][] = [
      ['10.0.0.11:8080', `127.0.0.1:${servers[0]}`],
      ['10.0.0.12:8080', `127.0.0.1:${servers[1]}`],
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['http {\n', `http {\n${temporary.join('')}`],
    ];
    return changes.reduce((text, [from, to]) => {
      expect(text.split(from)).toHaveLength(2);
      return text.replace(from, to);
    }, FILES['nginx.conf']);
  }

  const args = ['-e', 'stderr', '-p', folder];
  const check = (text: string) => refusal('nginx', [...args, '-t', '-c'], text);

  it('accepts the file', async () => {
    expect(check(textFor(await freePort(), [1, 2]))).toBeUndefined();
  });

  it.each([
    ['an unknown directive', 'proxy_next_upstream ', 'proxy_next_upstreams ', /unknown directive/],
    ['a value of no list', 'timeout http_503', 'timeout http_999', /invalid value "http_999"/],
    ['a time that is none', 'fail_timeout=1s', 'fail_timeout=soon', /invalid parameter/],
    ['a directive elsewhere', 'worker_connections 4096', 'keepalive 4', /is not allowed here/],
  ])('refuses %s', async (_name, from, to, said) => {
    const text = textFor(await freePort(), [1, 2]);
    expect(text).toContain(from);
    expect(check(text.replace(from, to))).toMatch(said);
  });

  async function start(
    all: readonly Instance[],
    change: (text: string) => string = (text) => text,
  ): Promise<Clients> {
    const port = await freePort();
    const [a, b] = all.map((each) => each.port);
    const file = join(folder, `nginx-${port}.conf`);
    writeFileSync(file, change(textFor(port, [a ?? 0, b ?? 0])));
    return clientsOf(['nginx', ...args, '-c', file, '-g', 'daemon off;'], {}, port);
  }

  it('sees one instance drained and both leave in turn, and no request fails', async () => {
    const all = await instances();
    const clients = await start(all);
    await clients.hears(all);
    await all[0]?.drain();
    await clients.more(400);
    await roll(all, clients);
    console.log(`nginx: ${clients.failed.length} of ${clients.sent} failed`);
    expect(clients.failed).toEqual([]);
  });

  it('fails some where it does not ask the other: the clients can tell', async () => {
    const all = await instances();
    const clients = await start(all, (text) =>
      text.replace(/proxy_next_upstream error.*;/, 'proxy_next_upstream off;'),
    );
    await clients.hears(all);
    await all[0]?.drain();
    await clients.more(400);
    expect(clients.failed.some((each) => each.startsWith('PUT: 503'))).toBe(true);
  });
});
