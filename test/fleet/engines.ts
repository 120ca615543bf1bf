/**
 * Real engines, as Debian has them, each in a folder of its own on a free port: started, stopped in
 * their tracks, killed, and started again on what they have on the disk.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, missing } from '../proxy/haproxy.ts';
import { connectNats, open, type Place } from './open.ts';

/** The engines that are programs. */
export type EngineKind = Exclude<Place['kind'], 'file'>;
export const ENGINES: readonly EngineKind[] = ['redis', 'etcd', 'postgres', 'nats'];

/** Whose PostgreSQL is, which refuses to be root's. */
const NOBODY = 65_534;
const LOOK_MS = 50;

/** Debian keeps each version of PostgreSQL apart, and out of the way. */
function postgresFolder(): string | undefined {
  try {
    const versions = readdirSync('/usr/lib/postgresql');
    return versions.map((version) => `/usr/lib/postgresql/${version}/bin`).at(-1);
  } catch {
    return undefined;
  }
}

/** Why an engine cannot be started here; with CI=true the test fails instead. */
export function missingEngine(kind: EngineKind): string | undefined {
  if (kind === 'redis') return missing('redis-server', '--version');
  if (kind === 'etcd') return missing('etcd', '--version');
  if (kind === 'nats') return missing('nats-server', '--version');
  const isThere = process.env.CI !== undefined || postgresFolder() !== undefined;
  return isThere ? undefined : 'postgres is missing: apt-get install postgresql';
}

/** One engine. */
export class Engine {
  readonly place: Place & { readonly kind: EngineKind };
  readonly #folder: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(place: Engine['place'], folder: string, more: readonly string[]) {
    this.place = place;
    this.#folder = folder;
    this.#arguments = more;
  }

  /** Starts one, with nothing in it. */
  static async start(kind: EngineKind, more: readonly string[] = []): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), `tidegate-${kind}-`));
    const engine = new Engine({ kind, port: await freePort() }, folder, more);
    if (kind === 'postgres') {
      if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
      const args = ['-D', folder, '-U', 'tidegate', '-A', 'trust', '--no-sync'];
      execFileSync(`${postgresFolder()}/initdb`, args, { stdio: 'ignore', ...asNobody() });
    }
    await engine.resurrect();
    return engine;
  }

  /** Starts it on its disk, and waits until it answers. */
  async resurrect(): Promise<void> {
    const { kind, port = 0 } = this.place;
    const [command, args] = commandOf(kind, port, this.#folder);
    while (true) {
      const child = spawn(command, [...args, ...this.#arguments], {
        stdio: 'ignore',
        ...(kind === 'postgres' && asNobody()),
      });
      this.#child = child;
      let isGone = false;
      child.once('exit', () => {
        isGone = true;
      });
      while (!isGone) {
        if (await this.answers()) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      // Killed just now, PostgreSQL finds its own memory in use for a moment.
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  /** As if it had never been asked. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child?.once('exit', resolve));
    this.#signal('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** True if it answers a question, whatever it says. */
  async answers(): Promise<boolean> {
    try {
      if (this.place.kind === 'nats') return await makeBucket(this.place.port ?? 0);
      const { store, close } = await open(this.place);
      try {
        await store.read('lease-of-nobody', AbortSignal.timeout(1_000));
      } catch (error) {
        // It answers, and what it says is for the test.
        return (error as { readonly code?: string }).code !== 'store_unreachable';
      } finally {
        await close();
      }
      return true;
    } catch {
      return false;
    }
  }

  #signal(name: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    for (const each of [pid, ...childrenOf(pid)]) {
      try {
        process.kill(each, name);
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }
}

function commandOf(kind: EngineKind, port: number, folder: string): [string, string[]] {
  const address = `http://127.0.0.1:${port}`;
  switch (kind) {
    case 'redis':
      return ['redis-server', ['--port', `${port}`, '--dir', folder, '--appendonly', 'yes']];
    case 'etcd':
      return [
        'etcd',
        ['--data-dir', folder, '--listen-client-urls', address, '--advertise-client-urls', address]
          // A port that is free, for other members, which there are none of.
          .concat('--listen-peer-urls', 'http://127.0.0.1:0', '--unsafe-no-fsync'),
      ];
    case 'postgres':
      return [
        `${postgresFolder()}/postgres`,
        ['-D', folder, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1'],
      ];
    case 'nats':
      return ['nats-server', ['-js', '-sd', folder, '-p', `${port}`, '-a', '127.0.0.1']];
  }
}

/** The processes that it started: PostgreSQL has one for each connection, in a group of its own. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // After the name in parentheses, which may be anything: the state, and the parent.
        const [, ppid] =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}

async function makeBucket(port: number): Promise<boolean> {
  const connection = await connectNats({ servers: `127.0.0.1:${port}`, reconnect: false });
  try {
    await connection.jetstream().views.kv('leases');
    return true;
  } finally {
    await connection.close();
  }
}

function asNobody(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}
