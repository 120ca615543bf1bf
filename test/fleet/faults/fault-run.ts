/**
 * Three processes that write under a lease while everything around them fails: an engine, a resource, and
 * between them networks of ours. It makes the troubles, one after the other; which of them, and what is
 * made of the outcome, is said by who runs it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle, bundleOf } from '../../runtime/program.ts';
import { Engine, type EngineKind } from '../engines.ts';
import { open, type Place } from '../open.ts';
import type { Operation } from './linearizable.ts';
import { nowNs, readHistory } from './recorder.ts';
import type { RegisterOp } from './register.ts';
import { Resource } from './resource.ts';
import { Wire } from './wire.ts';
import type { Said, Told } from './writer.ts';

/** What a run is made of. */
export interface FaultOptions {
  readonly kind: Place['kind'];
  /** What the engine is started with besides. */
  readonly engine?: readonly string[];
  readonly ttlMs: number;
  readonly random: () => number;
}

/** From the repository, in which tests and commands run. */
const PROGRAM = 'test/fleet/faults/writer.ts';
const WRITERS = 3;
const KEYS = 4;
const LEASE_KEY = 'lease-writer';
/** How many hours a wall clock is set at most. */
const CLOCK_HOURS = 48;
/** Nothing that is waited for takes so long, but where something hangs. */
const HUNG_MS = 90_000;

const faketime = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  .map((folder) => join(folder, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file));

/** Why wall clocks cannot be set here. */
export const noClocks: string | undefined =
  faketime === undefined ? 'faketime is missing: apt-get install faketime' : undefined;

/** One process, and its ways to the engine and to the resource. */
interface Writer {
  readonly holder: string;
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
  readonly toEngine: Wire | undefined;
  readonly toResource: Wire;
  /** What its wall clock is set by. */
  readonly clock: string;
  state: string;
  isGone: boolean;
}

/** When a holder ended, and when the next one held the lease. */
export interface TakeOver {
  readonly how: 'kill' | 'release';
  readonly ms: number;
}

/** See the module. */
export class FaultRun {
  readonly resource: Resource;
  readonly takeOvers: TakeOver[] = [];
  readonly restarts: Operation<RegisterOp>[] = [];
  readonly #options: FaultOptions;
  readonly #folder: string;
  readonly #engine: Engine | undefined;
  readonly #writers: Writer[] = [];
  readonly #histories: string[] = [];
  readonly #waiters: Set<() => void> = new Set();
  /** A holder that has ended, until another one is there. */
  #ended: { readonly how: 'kill'; readonly token: number; readonly atNs: number } | undefined;

  private constructor(options: FaultOptions, engine: Engine | undefined, resource: Resource) {
    this.#options = options;
    this.#engine = engine;
    this.resource = resource;
    this.#folder = mkdtempSync(join(tmpdir(), 'tidegate-faults-'));
    resource.heard = () => this.#wake();
  }

  static async start(options: FaultOptions): Promise<FaultRun> {
    const { kind, engine: more } = options;
    const engine = kind === 'file' ? undefined : await Engine.start(kind as EngineKind, more);
    const run = new FaultRun(options, engine, await Resource.start());
    try {
      for (let count = 0; count < WRITERS; count++) await run.#bear();
      await run.writes(1);
      return run;
    } catch (error) {
      await run.remove();
      throw error;
    }
  }

  /** Every trouble there is, by its name; each ends with writes that are accepted again. */
  get troubles(): Readonly<Record<string, () => Promise<void>>> {
    const isNetwork = this.#engine !== undefined;
    return {
      kill: () => this.#kill(),
      release: () => this.#release(),
      stop: () => this.#stop(),
      ...(noClocks === undefined && { clock: () => this.#setClock() }),
      resource_cut: () => this.#disturb((each) => each.toResource.cut(), false),
      ...(isNetwork && {
        cut: () => this.#disturb(({ toEngine }) => toEngine?.cut(), true),
        hold: () => this.#disturb(({ toEngine }) => toEngine?.hold('requests', 'answers'), true),
        hold_answers: () => this.#disturb(({ toEngine }) => toEngine?.hold('answers'), true),
        half_close: () => this.#disturb((each) => this.#halfClose(each), false),
        delay: () => this.#disturb((each) => this.#delay(each), false),
        engine_stop: () => this.#stopEngine(),
        engine_restart: () => this.#restartEngine(),
      }),
    };
  }

  /** Until so many more writes were accepted. */
  async writes(count: number): Promise<void> {
    const enough = this.resource.accepted + count;
    await this.#until(() => this.resource.accepted >= enough, `${count} writes`);
  }

  /** Ends everything; what the store has answered, of all processes. */
  async end(): Promise<Operation<RegisterOp>[]> {
    for (const { child } of this.#writers) child.kill('SIGTERM');
    await Promise.all(this.#writers.map(({ gone }) => gone));
    return [...readHistory(this.#histories), ...this.restarts];
  }

  async remove(): Promise<void> {
    for (const each of this.#writers) {
      if (!each.isGone) each.child.kill('SIGKILL');
      await each.gone;
      each.toEngine?.close();
      each.toResource.close();
    }
    this.resource.close();
    await this.#engine?.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #bear(): Promise<void> {
    const { kind, ttlMs } = this.#options;
    const holder = `w${this.#histories.length + 1}`;
    const store = join(this.#folder, 'store');
    mkdirSync(store, { recursive: true });
    const port = this.#engine?.place.port;
    const toEngine = port === undefined ? undefined : await Wire.start(port);
    const toResource = await Wire.start(this.resource.port);
    const place = toEngine === undefined ? { kind, folder: store } : { kind, port: toEngine.port };
    const history = join(this.#folder, `${holder}.history`);
    const clock = join(this.#folder, `${holder}.clock`);
    writeFileSync(history, '');
    writeFileSync(clock, '+0');
    this.#histories.push(history);
    const told: Told = {
      place,
      resourcePort: toResource.port,
      holder,
      ttlMs,
      history,
      keys: KEYS,
    };
    const child = spawn(process.execPath, [bundleOf(PROGRAM)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        WRITER: JSON.stringify(told),
        ...(faketime !== undefined && {
          LD_PRELOAD: faketime,
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_CACHE_DURATION: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        }),
      },
    });
    const writer: Writer = {
      holder,
      child,
      toEngine,
      toResource,
      clock,
      state: '',
      isGone: false,
      gone: new Promise((resolve) => {
        child.once('close', () => {
          writer.isGone = true;
          this.#wake();
          resolve(undefined);
        });
      }),
    };
    this.#writers.push(writer);
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(writer, line));
  }

  #hear(writer: Writer, line: string): void {
    const { state, token, atNs } = JSON.parse(line) as Said;
    writer.state = state;
    if (this.#ended !== undefined && token !== null && token > this.#ended.token) {
      this.takeOvers.push({ how: this.#ended.how, ms: (atNs - this.#ended.atNs) / 1e6 });
      this.#ended = undefined;
    }
    this.#wake();
  }

  /** The one that holds the lease, as soon as there is one that has written. */
  async #holder(): Promise<Writer> {
    const find = (): Writer | undefined => {
      const holder = this.resource.holders.get(this.resource.highest);
      return this.#writers.find(
        (each) => each.holder === holder && each.state === 'held' && !each.isGone,
      );
    };
    await this.#until(() => find() !== undefined, 'a holder');
    return find() as Writer;
  }

  /** Mostly the holder; else anybody. */
  async #victim(): Promise<Writer> {
    const holder = await this.#holder();
    const { random } = this.#options;
    if (random() < 0.75) return holder;
    const alive = this.#writers.filter(({ isGone }) => !isGone);
    return alive[Math.floor(random() * alive.length)] ?? holder;
  }

  async #kill(): Promise<void> {
    const victim = await this.#holder();
    this.#ended = { how: 'kill', token: this.resource.highest, atNs: nowNs() };
    victim.child.kill('SIGKILL');
    await this.#replace(victim, true);
  }

  async #release(): Promise<void> {
    const victim = await this.#holder();
    victim.child.kill('SIGTERM');
    await this.#replace(victim, true);
  }

  async #replace(victim: Writer, isHolder: boolean): Promise<void> {
    const { highest } = this.resource;
    await victim.gone;
    victim.toEngine?.close();
    victim.toResource.close();
    this.#writers.splice(this.#writers.indexOf(victim), 1);
    await this.#bear();
    if (isHolder) await this.#until(() => this.resource.highest > highest, 'another holder');
    await this.writes(1);
  }

  /** Stopped with writes on their way, for longer than the lease counts: they arrive after another one's. */
  async #stop(): Promise<void> {
    let victim = await this.#holder();
    victim.toResource.hold('requests');
    while (!victim.toResource.isHolding) {
      if (victim.state !== 'held') {
        victim.toResource.mend();
        victim = await this.#holder();
        victim.toResource.hold('requests');
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { highest } = this.resource;
    victim.child.kill('SIGSTOP');
    try {
      await this.#until(() => this.resource.highest > highest, 'another holder');
      await this.writes(1);
    } finally {
      victim.toResource.mend();
      victim.child.kill('SIGCONT');
    }
    await this.writes(1);
  }

  async #setClock(): Promise<void> {
    const victim = await this.#victim();
    const hours = Math.round((this.#options.random() * 2 - 1) * CLOCK_HOURS);
    writeFileSync(victim.clock, `${hours < 0 ? '' : '+'}${hours}h`);
    await this.writes(1);
  }

  /** Until another one writes, if it is the holder and `isFatal`; else until anybody does. */
  async #disturb(how: (writer: Writer) => void, isFatal: boolean): Promise<void> {
    const victim = isFatal ? await this.#holder() : await this.#victim();
    const { highest } = this.resource;
    how(victim);
    try {
      if (isFatal) await this.#until(() => this.resource.highest > highest, 'another holder');
      else await new Promise((resolve) => setTimeout(resolve, this.#options.ttlMs / 2));
    } finally {
      victim.toResource.mend();
      victim.toEngine?.mend();
    }
    await this.writes(1);
  }

  #halfClose({ toEngine }: Writer): void {
    toEngine?.halfClose(this.#options.random() < 0.5 ? 'requests' : 'answers');
  }

  #delay({ toEngine, toResource }: Writer): void {
    const { random, ttlMs } = this.#options;
    if (toEngine !== undefined) toEngine.delayMs = random() * ttlMs;
    toResource.delayMs = random() * ttlMs;
  }

  async #stopEngine(): Promise<void> {
    this.#engine?.pause();
    try {
      await this.#until(() => this.#writers.every(({ state }) => state !== 'held'), 'no holder');
    } finally {
      this.#engine?.resume();
    }
    await this.writes(1);
  }

  /** Killed while everybody asks, and started on its disk. Nobody asks before it was looked at. */
  async #restartEngine(): Promise<void> {
    const calledAt = nowNs();
    await this.#engine?.kill();
    for (const { toEngine } of this.#writers) toEngine?.cut();
    await this.#engine?.resurrect();
    await this.#lookAfterRestart(calledAt);
    for (const { toEngine } of this.#writers) toEngine?.mend();
    await this.writes(1);
  }

  /** What Redis has on its disk, which is what counts from here on. */
  async #lookAfterRestart(calledAt: number): Promise<void> {
    if (this.#engine === undefined || this.#options.kind !== 'redis') return;
    const { store, close } = await open(this.#engine.place);
    const keys = [LEASE_KEY, ...Array.from({ length: KEYS }, (_, key) => `clerk-${key}`)];
    for (const key of keys) {
      const { value } = await store.read(key, AbortSignal.timeout(HUNG_MS));
      const op = { type: 'restart', found: value, barred: [] } as const;
      this.restarts.push({ key, calledAt, returnedAt: nowNs(), op });
    }
    close();
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const until = performance.now() + HUNG_MS;
    while (!isSo()) {
      const isOver = this.#writers.length > 0 && this.#writers.every(({ isGone }) => isGone);
      if (isOver || performance.now() > until) throw new Error(await this.#explain(what));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, HUNG_MS);
        this.#waiters.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** For whoever looks into a hang: what each of them asked and heard last. */
  async #explain(what: string): Promise<string> {
    const last = this.#writers.map(({ holder, state, isGone }) => {
      const lines = readFileSync(join(this.#folder, `${holder}.history`), 'utf8')
        .trim()
        .split('\n');
      return `${holder} ${isGone ? 'is gone' : state}: ${lines.slice(-6).join(' ')}`;
    });
    const { highest, accepted } = this.resource;
    const engine = (await this.#engine?.answers()) === false ? ', the engine does not answer' : '';
    const now = `at ${nowNs()}, with ${accepted} writes and token ${highest}${engine}`;
    return [`Waited for ${what}, in vain, ${now}`, ...last].join('\n');
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

/** Node runs no TypeScript. */
export function bundleWriters(): void {
  bundle(PROGRAM);
}
