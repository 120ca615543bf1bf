/**
 * A seat: this thread's place in a lifecycle. The core over the memory, the member line, the
 * clock, the texts and the waiters, for the rooms of this floor to share. It decides nothing.
 *
 * @module
 */

import {
  AT_EPOCH,
  MEMBER_CAPACITY,
  REPORT_CAPACITY,
  STAGE_CAPACITY,
} from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import type { Backend, Core } from '../core/core.ts';
import { adopt, allocate, type CoreMemory, type WasmMemory, whyNotShared } from '../core/memory.ts';
import { wasmCore } from '../core/wasm.ts';
import { check, isObject } from './check.ts';
import { type Clock, monotonicMs, readClock } from './clock.ts';
import { type ColdStartPhases, collectorOf } from './cold-start.ts';
import { LifecycleError } from './errors.ts';
import { Staging } from './staging.ts';
import { Wakeups } from './wakeups.ts';

/** A member of a lifecycle: its line, and which of the line's tenants it is. */
export interface Member {
  /** 0 … 126. */
  readonly number: number;
  /** Grows with every tenant of the line. */
  readonly incarnation: number;
}

/** What `share()` gives and `attach()` takes; it can be posted to a worker. */
export interface LifecycleHandle {
  readonly tidegate: WasmMemory | SharedArrayBuffer;
}

/** Options of `attach`, and of `create` beside whether to share. */
export interface SeatOptions {
  /** Wall clock in milliseconds; default `Date.now`. */
  readonly clock?: Clock | undefined;
  /** Which code touches the memory; default `'wasm'`. There is no silent fallback. */
  readonly backend?: Backend | undefined;
}

/** Options of `create`. */
export interface CreateOptions extends SeatOptions {
  /** Default: shared wherever memory can be. `true` throws where it cannot. */
  readonly shared?: boolean | undefined;
}

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
  readonly coldStart: () => ColdStartPhases = collectorOf(this);
  readonly #clock: Clock;
  /** True until the creation has a time, see `now`. */
  #unsettled: boolean;

  private constructor(memory: CoreMemory, core: Core, { clock, backend }: Settings) {
    this.core = core;
    this.memory = memory;
    this.backend = backend;
    this.#clock = clock;
    const place = core.attach(added.threadTag?.() ?? 0);
    if (place < 0) {
      throw new LifecycleError('members_full', 'Cannot attach: all members are taken');
    }
    this.member = Object.freeze({ number: place % 128, incarnation: Math.floor(place / 128) });
    this.staging = new Staging(memory.buffer, () => this.core.staging(this.member.number));
    this.wakeups = new Wakeups(() => this.core.epoch(), memory.shared ? memory.buffer : undefined);
    this.#unsettled = core.enteredAt(0) === 0;
  }

  /** Makes a lifecycle and takes its first seat. */
  static create(options: CreateOptions): Seat {
    const settings = checkOptions(options);
    const { shared } = options;
    check(shared === undefined || typeof shared === 'boolean', 'shared', shared);
    const obstacle = whyNotShared();
    if (shared === true && obstacle !== undefined) throw cannotShare(obstacle);
    const memory = allocate(shared ?? obstacle === undefined);
    const core = openCore(memory, settings.backend);
    const now = readClock(settings.clock);
    core.create(now, MEMBER_CAPACITY, STAGE_CAPACITY, REPORT_CAPACITY);
    return new Seat(memory, core, settings);
  }

  /** Takes a seat in a lifecycle that another thread shares. */
  static attach(handle: unknown, options: SeatOptions): Seat {
    const settings = checkOptions(options);
    const memory = adopt((handle as Partial<LifecycleHandle> | null | undefined)?.tidegate);
    if (typeof memory === 'string') {
      const why =
        memory === 'not_tidegate'
          ? 'this is no handle from share()'
          : 'made by a tidegate with another layout';
      throw new LifecycleError(memory, `Cannot attach: ${why}`);
    }
    return new Seat(memory, openCore(memory, settings.backend), settings);
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
    if (time === 0) {
      this.#unsettled = true;
    } else if (this.#unsettled) {
      this.core.settle(time);
      this.#unsettled = false;
    }
    return time;
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
      throw new LifecycleError('cannot_block', 'Cannot block: no other thread could end it');
    }
    try {
      Atomics.wait(new Int32Array(buffer), AT_EPOCH >> 2, 0, 0);
    } catch (cause) {
      throw new LifecycleError('cannot_block', 'Cannot block: this thread may not', { cause });
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
    this.core.reap(this.member.number, this.member.incarnation);
    this.core = DETACHED;
    this.wakeups.poke();
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

function checkOptions(options: SeatOptions): Settings {
  check(isObject(options), 'the options', options);
  const { clock = Date.now, backend = 'wasm' } = options;
  check(typeof clock === 'function', 'the clock', clock);
  check(backend === 'wasm' || backend === 'atomics', 'the backend', backend);
  return { clock, backend };
}

function openCore({ buffer, wasm, shared }: CoreMemory, backend: Backend): Core {
  if (backend === 'atomics') {
    if (added.atomics !== undefined) return added.atomics(buffer);
    throw new LifecycleError(
      'backend_missing',
      "Cannot use the atomics backend: call useAtomics() from 'tidegate/atomics'",
    );
  }
  let why = "there is no WebAssembly here; ask for backend: 'atomics'";
  let cause: unknown;
  try {
    if (wasm && added.module) return wasmCore(wasm, added.module(shared));
  } catch (thrown) {
    why = "a page needs 'wasm-unsafe-eval' in its CSP, an edge isolate the condition 'workerd'";
    cause = thrown;
  }
  throw new LifecycleError('wasm_unavailable', `Cannot use the wasm backend: ${why}`, { cause });
}

/** What a thread gets that was declared dead and is not. */
export function reaped(): LifecycleError {
  return new LifecycleError('reaped', 'Cannot take part: this member was reaped');
}

function cannotShare(why: string): LifecycleError {
  return new LifecycleError('cannot_share', `Cannot share memory: ${why}`);
}
