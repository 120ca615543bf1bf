/**
 * HAProxy as a process of its own, in front of servers on this machine. It is asked over its own
 * socket what it thinks of each of them.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there is nothing to test with, if so. In CI a missing program is a failure, not a skip. */
export function missing(program: string, version = '-v'): string | undefined {
  if (process.env.CI !== undefined) return undefined;
  const { status } = spawnSync(program, [version], { stdio: 'ignore' });
  return status === 0 ? undefined : `${program} is missing: apt-get install ${program}`;
}

/** A port that nobody has, below those that the system gives to clients while it is not in use. */
export async function freePort(): Promise<number> {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Over HTTP/2 Node takes no request without a host, and HAProxy sends none by itself. */
const CHECK_HTTP2 = '  http-check send hdr host service';
/** Over HTTP/2 it gives up a check after its interval, whatever `timeout check` says (seen in 2.6). */
const CHECK_HTTP2_MS = 2_000;

const DEFAULT_CHECK = 'GET /health/ready/write';

/** How it asks its servers. */
export interface HaproxyOptions {
  /** What `option httpchk` says. */
  readonly check?: string;
  /** From one check of a server to the next. */
  readonly checkMs?: number;
  /** How many of the servers are there, the first ones; by default all. */
  readonly there?: number;
  /** What it speaks to them, if it is not HTTP/1. */
  readonly protocol?: 'h2' | undefined;
}

/**
 * The promise of the project is made for these settings. A check may take longer than its interval:
 * machines that run tests are busy, and a slow answer is an answer.
 */
function configuration(
  port: number,
  socket: string,
  servers: readonly number[],
  { checkMs = 100, protocol, check = DEFAULT_CHECK }: HaproxyOptions,
): string {
  const [inter, proto] =
    protocol === undefined
      ? [checkMs, '']
      : [`${CHECK_HTTP2_MS} downinter ${checkMs}`, `proto ${protocol}`];
  const lines = servers.map(
    (each, index) =>
      `  server s${index} 127.0.0.1:${each} check inter ${inter} fall 1 rise 1 ${proto}`,
  );
  return `
global
  nbthread 1
  stats socket ${socket} mode 600 level user
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  retries 0
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout check 10s
listen service
  bind 127.0.0.1:${port}
  option httpchk ${check}
${protocol === undefined ? '' : CHECK_HTTP2}
${lines.join('\n')}
`;
}

/** One HAProxy. */
export class Haproxy {
  readonly port: number;
  /** What it logged: state changes, and requests that went wrong. */
  output = '';
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exit: Promise<unknown>;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#child = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#exit = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Starts it and waits until it balances between all servers that are there. */
  static async start(servers: readonly number[], options: HaproxyOptions = {}): Promise<Haproxy> {
    const { there = servers.length } = options;
    const haproxy = await Haproxy.open(servers, options);
    // Until its first check HAProxy takes a server for one that is there.
    for (const index of servers.keys()) await haproxy.is(index, index < there ? 'UP' : 'DOWN');
    return haproxy;
  }

  /** Starts it. */
  static async open(servers: readonly number[], options: HaproxyOptions = {}): Promise<Haproxy> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-haproxy-'));
    const port = await freePort();
    const socket = join(folder, 'stats');
    writeFileSync(join(folder, 'haproxy.cfg'), configuration(port, socket, servers, options));
    return new Haproxy(port, folder);
  }

  /** Resolves when a check has found this server up. */
  isUp(index: number): Promise<void> {
    return this.is(index, 'UP');
  }

  /** Resolves when a check has found this server to be so. */
  async is(index: number, wanted: 'UP' | 'DOWN'): Promise<void> {
    const isSo = ([name, state]: [string, string]): boolean =>
      name === `s${index}` && state === wanted;
    while (!(await this.#rows()).some(isSo)) {
      if (this.#child.exitCode !== null) throw new Error(`HAProxy ended: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Name and state of each server that has been checked at least once. */
  async #rows(): Promise<[name: string, state: string][]> {
    const [head = '', ...lines] = (await this.#ask('show stat')).split('\n');
    const columns = head.replace('# ', '').split(',');
    const at = (name: string): number => columns.indexOf(name);
    return lines
      .map((line) => line.split(','))
      .filter((cells) => /^L[47]/.test(cells[at('check_status')] ?? ''))
      .map((cells) => [cells[at('svname')] ?? '', cells[at('status')] ?? '']);
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(join(this.#folder, 'stats'));
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
      });
      // Not there yet: nothing is known.
      socket.once('error', () => resolve(''));
      socket.once('close', () => resolve(answer));
      socket.end(`${command}\n`);
    });
  }
}
