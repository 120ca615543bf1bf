/**
 * One instance: a command that runs in a process group of its own, what its threads tell, and its end,
 * asked for or not. Whether another one takes its place is for `supervisor.ts`.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';
import { monotonicMs } from '../lifecycle/clock.ts';
import { isLinkState, Lines, lineOf, RUN_SOCKET } from '../runtime/parent/wire.ts';
import { deadlineOf, type Told } from './deadline.ts';
import { commandFor, type Handed, variablesFor } from './listening.ts';
import { HAS_GROUPS, isGroupAlive, signal, signalGroup } from './process-group.ts';
import { say } from './say.ts';
import type { Sockets } from './sockets.ts';

/** How an instance ended. */
export interface End {
  /** 0 … 255, as a shell says it: 128 + the number for a signal. */
  readonly code: number;
  /** For a person to read. */
  readonly how: string;
  /** Nobody had asked it to. */
  readonly isUnasked: boolean;
  /** The command cannot be run, now or later. */
  readonly isHopeless: boolean;
}

/** What an instance is made of. */
export interface InstanceOptions {
  readonly command: readonly [program: string, ...args: string[]];
  readonly graceMs: number;
  /** Without them there are signals alone. */
  readonly sockets: Sockets | undefined;
  /** Whether it has the parent's stdin. */
  readonly hasInput: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Listening sockets that it shares with others. */
  readonly handed: Handed;
}

/** That it is to end. */
interface Asked {
  readonly name: NodeJS.Signals;
  readonly atMs: number;
  /** Its successor has taken over. */
  readonly isRetiring: boolean;
}

/** Exit codes of shells, `env` and `nohup`: a command that is not there, or cannot be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;
/** What the shutdown of an instance says that a reload has asked for it. */
const RETIRED_BY = 'SIGHUP';
/** 128 + the number of SIGKILL. */
const KILLED = 137;
const NEVER = ['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR'];
/** Between two looks at a group whose first process has ended. */
const LOOK_MS = 50;
/** What SIGKILL does not end hangs in the kernel, and nobody can wait for that. */
const KILLED_MS = 5_000;

/** One run of the command. */
export class Instance {
  readonly over: Promise<End>;
  readonly startedAtMs: number = monotonicMs();
  readonly #options: InstanceOptions;
  readonly #told: Map<Socket, Told | undefined> = new Map();
  readonly #listeners: Set<() => void> = new Set();
  #child: ChildProcess | undefined;
  #server: Server | undefined;
  #asked: Asked | undefined;
  /** It ended by itself, and what is left of its group is asked to. */
  #isUnasked = false;
  #end: Omit<End, 'isUnasked'> | undefined;
  #isKilled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #finish: (end: End) => void = () => {};

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    void this.#start();
  }

  /** Its first process; 0 before there is one. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Some process of it has told that it is Ready. */
  get isReady(): boolean {
    return [...this.#told.values()].some((told) => told?.state.phase === 'ready');
  }

  /** Some process of it uses tidegate, and told so. */
  get isLinked(): boolean {
    return [...this.#told.values()].some((told) => told !== undefined);
  }

  /** Asks it to end; again, passes on another signal. */
  ask(name: NodeJS.Signals): void {
    const isFirst = this.#asked?.isRetiring !== false;
    if (isFirst) this.#asked = { name, atMs: monotonicMs(), isRetiring: false };
    this.#tellStop(name);
    this.pass(name, isFirst);
    this.#look();
  }

  /** Asks it to end since its successor has taken over. It has told that it is Ready, so it hears that. */
  retire(): void {
    if (this.#asked !== undefined) return;
    this.#asked = { name: RETIRED_BY, atMs: monotonicMs(), isRetiring: true };
    for (const socket of this.#told.keys())
      socket.write(lineOf({ stop: RETIRED_BY, retire: true }));
    this.#look();
  }

  /**
   * Passes a signal on: to its first process if that is the one that has told of itself, else to all of its
   * group, since nobody knows who of them hears it. One behind `npm` or a shell that has been told to stop is
   * left to do so.
   */
  pass(name: NodeJS.Signals, isTold = false): void {
    const { pid } = this;
    if (pid === 0) return;
    const states = [...this.#told.values()].flatMap((told) => told?.state ?? []);
    if (states.some((state) => state.pid === pid)) signal(pid, name);
    else if (!isTold || !states.some(({ signals }) => signals.includes(name))) {
      signalGroup(pid, name);
    }
  }

  /** Hears of whatever changes. Returns the undo. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #start(): Promise<void> {
    const { command, sockets, hasInput, handed } = this.#options;
    const [program, ...args] = commandFor(command, handed);
    const env: NodeJS.ProcessEnv = { ...process.env, ...this.#options.env };
    // Those of the parent are for the parent.
    for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name];
    Object.assign(env, variablesFor(handed));
    try {
      if (sockets !== undefined) {
        const { server, path } = await sockets.open((socket) => this.#connected(socket));
        this.#server = server;
        env[RUN_SOCKET] = path;
      }
      const input = hasInput ? 'inherit' : 'ignore';
      // A session of its own: a Ctrl-C reaches the parent alone, which passes it on once.
      const child = spawn(program, args, {
        env,
        detached: HAS_GROUPS,
        stdio: [input, 'inherit', 'inherit', ...handed],
      });
      this.#child = child;
      child.once('error', (error) => this.#failed(error));
      child.once('exit', (code, name) => this.#exited(code, name));
      if (child.pid !== undefined) say(`${child.pid} started: ${command.join(' ')}`);
      // It was asked meanwhile.
      if (this.#asked !== undefined) this.pass(this.#asked.name);
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#end !== undefined) return;
    const code = error.code === 'ENOENT' ? NOT_FOUND : NOT_RUN;
    const how = `could not be started: ${error.message}`;
    this.#isUnasked = this.#asked === undefined;
    this.#end = { code, how, isHopeless: NEVER.includes(error.code ?? '') };
    this.#settle();
  }

  #exited(code: number | null, name: NodeJS.Signals | null): void {
    if (this.#end !== undefined) return;
    const number = name === null ? (code ?? 1) : 128 + constants.signals[name];
    const how = name === null ? `ended with exit code ${number}` : `was ended by ${name}`;
    this.#end = { code: number, how, isHopeless: false };
    if (this.#asked === undefined) {
      this.#isUnasked = true;
      this.ask('SIGTERM');
    } else {
      // It was told alone, as the one that hears it; what it leaves behind was not.
      signalGroup(this.pid, 'SIGTERM');
      this.#look();
    }
  }

  /** Is it over; if not, is its time. */
  #look(): void {
    clearTimeout(this.#timer);
    if (this.#asked === undefined) return;
    const { pid } = this;
    if (this.#end !== undefined && (pid === 0 || !isGroupAlive(pid))) {
      this.#settle();
      return;
    }
    const now = monotonicMs();
    const told = [...this.#told.values()].filter((each) => each !== undefined);
    // Which it counts from when it accepts its shutdown; until then it is answering.
    const isOwn = !this.#asked.isRetiring || told.some(({ state }) => state.left_ms !== null);
    const { atMs, why } = deadlineOf(this.#asked.atMs, this.#options.graceMs, isOwn ? told : []);
    if (now >= atMs) {
      this.#kill(why);
      return;
    }
    const leftMs = this.#end === undefined ? atMs - now : Math.min(LOOK_MS, atMs - now);
    this.#timer = setTimeout(() => this.#look(), leftMs);
  }

  #kill(why: string): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    const { pid } = this;
    say(`${pid} ${why}: SIGKILL`);
    if (!signalGroup(pid, 'SIGKILL')) signal(pid, 'SIGKILL');
    const untilMs = monotonicMs() + KILLED_MS;
    const wait = (): void => {
      const isLate = monotonicMs() >= untilMs;
      if (isLate) {
        this.#end ??= {
          code: KILLED,
          how: 'was killed but has still not ended',
          isHopeless: false,
        };
      }
      if (isLate || (this.#end !== undefined && !isGroupAlive(pid))) this.#settle();
      else this.#timer = setTimeout(wait, LOOK_MS);
    };
    clearTimeout(this.#timer);
    wait();
  }

  /** One that connects after it was asked to end, or to make room, hears it then. */
  #tellLate(socket: Socket): void {
    if (this.#asked?.isRetiring) socket.write(lineOf({ stop: RETIRED_BY, retire: true }));
    else if (this.#asked !== undefined) this.#tellStop(this.#asked.name, socket);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#server?.close();
    for (const socket of this.#told.keys()) socket.destroy();
    if (this.#end !== undefined) this.#finish({ ...this.#end, isUnasked: this.#isUnasked });
  }

  #connected(socket: Socket): void {
    const lines = new Lines();
    this.#told.set(socket, undefined);
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const message of lines.push(text)) {
        // Somebody of this user, but nobody that speaks as we do.
        if (!isLinkState(message)) return void socket.destroy();
        const isNew = this.#told.get(socket) === undefined;
        this.#told.set(socket, { state: message, atMs: monotonicMs() });
        if (isNew) this.#tellLate(socket);
        this.#changed();
      }
    });
    socket.once('close', () => {
      this.#told.delete(socket);
      this.#changed();
    });
  }

  /** To those only whose shutdown that signal asks for. */
  #tellStop(name: string, only?: Socket): void {
    for (const [socket, told] of this.#told) {
      if (only !== undefined && socket !== only) continue;
      if (told?.state.signals.includes(name) === true) socket.write(lineOf({ stop: name }));
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
    if (!this.#isKilled) this.#look();
  }
}
