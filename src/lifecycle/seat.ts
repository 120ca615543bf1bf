/**
 * A seat: this thread's place in a lifecycle. It holds what the modules of this layer share: the
 * core over the memory, the member line, the clock, the texts and the waiters. It decides nothing.
 *
 * @module
 */

import {
  AT_EPOCH,
  CHECK_CAPACITY,
  INCARNATION_STEP,
  MEMBER_CAPACITY,
  REPORT_CAPACITY,
  STAGE_CAPACITY,
} from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import type { Backend, Core } from '../core/core.ts';
import { adopt, type CoreMemory, type WasmMemory, whyNotShared } from '../core/memory.ts';
import { Count } from './age.ts';
import { must } from './check.ts';
import { type Clock, monotonicMs, readClock } from './clock.ts';
import { LifecycleError } from './errors.ts';
import { Heartbeats } from './heartbeat.ts';
import { Journal } from './journal.ts';
import { checkKeys } from './known-keys.ts';
import { memoryFor, openCore } from './opening.ts';
import { Staging } from './staging.ts';
import { Wakeups } from './wakeups.ts';

/** A member of a lifecycle: one attached thread. It can be posted to another thread. */
export interface Member {
  /** 0 … 126. */
  readonly number: number;
  /** Which of the threads that have had this number it is; it only grows. */
  readonly incarnation: number;
}

/** What `share()` returns and `attach()` takes; it can be posted to a worker. */
export interface LifecycleHandle {
  /** The memory. */
  readonly tidegate: WasmMemory | SharedArrayBuffer;
}

/** What a lease gives to the permits of its thread. */
export interface Fence {
  /** The fencing token under which they were given; `null` once that is not held any more. */
  readonly token: number | null;
}

/** Options of `attach`, and of `create`. */
export interface SeatOptions {
  /**
   * The wall clock: integer milliseconds since the Unix epoch, up to 2^48−1, or 0 while there is no time
   * yet; default `Date.now`. Durations are measured by a monotonic clock, whatever this says.
   */
  readonly clock?: Clock | undefined;
  /**
   * Which code touches the memory; default `'wasm'`. It throws if that cannot be had here; threads of
   * one lifecycle may differ. `'atomics'` needs `useAtomics()` in browsers and on the edge.
   */
  readonly backend?: Backend | undefined;
}

/** Options of `create`. */
export interface CreateOptions extends SeatOptions {
  /**
   * Whether other threads can attach. By default true wherever memory can be shared; `true` throws
   * `cannot_share` where it cannot.
   */
  readonly shared?: boolean | undefined;
}

const CREATE = 'create a lifecycle';

/** Longest sleep before the words are read again: a lost wake-up costs this much. */
const BLOCK_BOUND_MS = 250;

/** One thread's place. `core` is replaced when the place is given back, so that it throws then. */
export class Seat {
  core: Core;
  readonly backend: Backend;
  readonly memory: CoreMemory;
  readonly member: Member;
  readonly staging: Staging;
  readonly wakeups: Wakeups;
  readonly age: Count = new Count((ownMs, slackMs) => this.core.age(ownMs, slackMs));
  /** Milliseconds since the acceptance of a shutdown, plus one; to be asked once there was one. */
  readonly since: Count = new Count((ownMs, slackMs) => this.core.sinceAcceptance(ownMs, slackMs));
  readonly heartbeats: Heartbeats = new Heartbeats(() => this.core);
  readonly journal: Journal = new Journal();
  /** Stages of the boot that run on this thread. */
  boots = 0;
  /** What permits of this thread carry, from the moment on that they are given. */
  fence: Fence | undefined;
  /** Called when the place is given back, while it can still be used. */
  readonly ends: Set<() => void> = new Set();
  /** True if the application brought a clock of its own: what it says is what has passed. */
  readonly hasOwnClock: boolean;
  readonly #clock: Clock;
  /** The latest time that this thread has seen. */
  #latestMs: number;
  /** True until the creation has a time, see `now`. */
  #unsettled: boolean;

  /** @param now what the clock says, which has been checked by reading it */
  private constructor(memory: CoreMemory, core: Core, { clock, backend }: Settings, now: number) {
    this.core = core;
    this.memory = memory;
    this.backend = backend;
    this.#clock = clock;
    this.hasOwnClock = clock !== Date.now;
    this.#latestMs = now;
    const place = core.attach(added.threadTag?.() ?? 0);
    if (place < 0) {
      throw new LifecycleError('members_full', 'Cannot attach: all places are taken');
    }
    this.member = Object.freeze({
      number: place % INCARNATION_STEP,
      incarnation: Math.floor(place / INCARNATION_STEP),
    });
    this.staging = new Staging(memory.buffer, () => this.core.staging(this.member.number));
    this.wakeups = new Wakeups(() => this.core.epoch(), memory.shared ? memory.buffer : undefined);
    this.#unsettled = core.enteredAt(0) === 0;
    // Where the clock has no time yet, at the module scope of the edge, none may be looked at.
    if (now > 0) this.age.now(0);
  }

  /** Makes a lifecycle and takes its first seat. */
  static create(options: CreateOptions): Seat {
    const settings = checkOptions(CREATE, options, ['shared']);
    const { shared } = options;
    const isFlag = shared === undefined || typeof shared === 'boolean';
    must(isFlag, CREATE, 'shared must be true or false', shared);
    const obstacle = whyNotShared();
    if (shared === true && obstacle !== undefined) throw cannotShare(obstacle);
    const now = readClock(settings.clock);
    const memory = memoryFor(settings.backend, shared ?? obstacle === undefined);
    const core = openCore(memory, settings.backend);
    core.create(now, MEMBER_CAPACITY, STAGE_CAPACITY, REPORT_CAPACITY, CHECK_CAPACITY);
    return new Seat(memory, core, settings, now);
  }

  /** Takes a seat in a lifecycle that another thread shares. */
  static attach(handle: unknown, options: SeatOptions): Seat {
    const settings = checkOptions('attach', options, []);
    const memory = adopt((handle as Partial<LifecycleHandle> | null | undefined)?.tidegate);
    if (typeof memory === 'string') {
      const why =
        memory === 'not_tidegate'
          ? 'it is not a handle from share()'
          : 'it was made by another version of tidegate';
      throw new LifecycleError(memory, `Cannot attach: ${why}`);
    }
    const now = readClock(settings.clock);
    return new Seat(memory, openCore(memory, settings.backend), settings, now);
  }

  /** The handle for other threads. */
  share(): LifecycleHandle {
    this.core.phase();
    const { buffer, wasm, shared } = this.memory;
    if (!shared) throw cannotShare(whyNotShared() ?? 'it was created with shared: false');
    // The constructor of a shared memory made its buffer a SharedArrayBuffer.
    return Object.freeze({ tidegate: wasm ?? (buffer as SharedArrayBuffer) });
  }

  /**
   * The wall clock now; 0 means that it has no time yet. The first real time also becomes the
   * time of all that happened before it.
   */
  now(): number {
    const time = readClock(this.#clock);
    this.#latestMs = Math.max(this.#latestMs, time);
    if (time === 0) {
      this.#unsettled = true;
    } else if (this.#unsettled) {
      this.core.settle(time);
      this.#unsettled = false;
    }
    return time;
  }

  /** The same for what must not fail: a clock that broke says the latest time that was seen. */
  closingTime(): number {
    try {
      return this.now();
    } catch {
      return this.#latestMs;
    }
  }

  /** Looks at the clock only while something still waits for a time. */
  settle(): void {
    if (this.#unsettled) this.now();
  }

  /**
   * Blocks this thread until `read` finds something; `null` on time-out.
   *
   * @throws {LifecycleError} `cannot_block`
   */
  blockUntil<T>(read: () => T | false, timeoutMs: number): T | null {
    this.#checkBlocking();
    const endsAt = monotonicMs() + timeoutMs;
    while (true) {
      // As in `Wakeups.until`: EPOCH before the look, so that no change is slept through.
      const seen = this.core.epoch();
      const found = read();
      if (found !== false) return found;
      const left = endsAt - monotonicMs();
      if (left <= 0) return null;
      this.core.waitEpoch(seen, Math.min(left, BLOCK_BOUND_MS));
    }
  }

  /**
   * A wait of no time throws where none may be. By `Atomics.wait`, because in Firefox the one of
   * WebAssembly blocks the main thread of a page as well, with all that the user does there.
   */
  #checkBlocking(): void {
    const { buffer, shared } = this.memory;
    if (!shared) {
      throw new LifecycleError('cannot_block', 'Cannot block: no other thread could end the wait');
    }
    try {
      Atomics.wait(new Int32Array(buffer), AT_EPOCH >> 2, 0, 0);
    } catch (cause) {
      throw new LifecycleError('cannot_block', 'Cannot block: this thread must not block', {
        cause,
      });
    }
  }

  /**
   * To be called before a text passes through this member's line, which is another's once it was
   * reaped. A thread may be reaped and run on: on Deno `terminate()` does not end one that is busy
   * before its loop turns, and nothing tells of its end.
   *
   * @throws {LifecycleError} `reaped`
   */
  mustLive(): void {
    const { number, incarnation } = this.member;
    if (this.core.incarnationOf(number) !== incarnation) throw reaped();
  }

  /** Gives the member line back; every later call on this seat throws. */
  leave(): void {
    for (const end of this.ends) end();
    this.core.reap(this.member.number, this.member.incarnation);
    this.core = DETACHED;
    this.wakeups.wake();
  }
}

/** What a seat works on after it was given back. It costs the calls before that nothing. */
const DETACHED: Core = new Proxy({} as Core, {
  get(): never {
    throw new LifecycleError('detached', 'Cannot use this lifecycle object: it was detached');
  },
});

/** {@link SeatOptions} after the check, defaults filled in. */
interface Settings {
  readonly clock: Clock;
  readonly backend: Backend;
}

function checkOptions(action: string, options: SeatOptions, more: readonly string[]): Settings {
  checkKeys(action, options, ['clock', 'backend', ...more]);
  const { clock = Date.now, backend = added.usual ?? 'wasm' } = options;
  must(typeof clock === 'function', action, 'clock must be a function', clock);
  const isBackend = backend === 'wasm' || backend === 'atomics';
  must(isBackend, action, "backend must be 'wasm' or 'atomics'", backend);
  return { clock, backend };
}

/** What a thread gets that was declared dead and is not. */
export function reaped(): LifecycleError {
  return new LifecycleError('reaped', 'Cannot go on: this member was reaped');
}

function cannotShare(why: string): LifecycleError {
  return new LifecycleError('cannot_share', `Cannot share memory: ${why}`);
}
