/**
 * The lease of a lifecycle: one writer at a time among all processes. `contender.ts` competes for
 * it; this module turns it into write holds, follows the shutdown, and gives it back at the end.
 *
 * @module
 */

import type { LeaseState } from '../core/lease-cells.ts';
import { afterSteps } from '../lifecycle/after-steps.ts';
import { must } from '../lifecycle/check.ts';
import { TIMER_MAX_MS } from '../lifecycle/clock.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { journal } from '../lifecycle/journal.ts';
import { tellLease } from '../lifecycle/lease-events.ts';
import { isLeavingOrGone } from '../lifecycle/leaving.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import type { Seat } from '../lifecycle/seat.ts';
import { seatOf } from '../lifecycle/seats.ts';
import { LeaseCell } from './cell.ts';
import { Contender } from './contender.ts';
import { ACTION, type Checked, checkLease, type LeaseOptions } from './lease-options.ts';
import { keyOf } from './record.ts';
import { isFinal } from './store.ts';
import { THREAD_TIME } from './time.ts';

/** A lease that is contended for until it is released, or the shutdown ends. */
export interface Lease {
  /** What is leased. */
  readonly name: string;
  /**
   * `'held'`: writes are admitted. `'waiting'`: somebody else has it, or nobody is known to (hold
   * `replica`). `'lost'`: its time is over and the store has not said who has it now (hold `lease_lost`).
   */
  readonly state: LeaseState;
  /**
   * The fencing token: it grows with every change of holder, and no two holders ever have the same one.
   * `null` while the lease is not held, judged by the clock at this very look. Send it with each write,
   * and have the resource refuse one that is lower than the highest it has seen.
   */
  readonly token: number | null;
  /**
   * Calls `listener` when `state` or `token` has changed. What it throws, or rejects with, is logged.
   *
   * @returns the removal
   */
  onChange(listener: (lease: Lease) => unknown): () => void;
  /**
   * Gives it back, for good: refuses writes with the hold `replica`, waits for those in progress as long
   * as the lease is held, and tells the store. Do not wait for it where a write permit is held.
   *
   * @returns whether the store knows it, so that others need not wait until the time is over
   */
  release(): Promise<boolean>;
}

/** How often `release` looks whether the writes in progress have ended. */
const LOOK_MS = 5;
/** How long it takes at most to say that a lease is given back, where no budget says so. */
const GIVE_BACK_MS = 10_000;

/** The names that a lifecycle contends for now. */
const contended: WeakMap<Lifecycle, Set<string>> = new WeakMap();

/**
 * Contends for a lease, over all processes that use the same store and name. Until it is held, and
 * whenever it is not, this lifecycle refuses writes; queries go on.
 *
 * The time of a lease runs by this thread's monotonic clock, from *before* the request that last renewed
 * it, so it is over here before anybody else takes it. While the event loop is blocked nobody sets the
 * hold, but `token` is `null` from that moment on. A write that has passed every look and is delayed on its
 * way comes too late all the same: no lease can prevent that, and only a resource that checks the token
 * refuses it.
 *
 * A shutdown does not lose the lease: it is renewed until the last step has ended, and then given back,
 * which Stopped waits for within the budget. Call it on the thread that hosts the shutdown.
 *
 * @returns at the store's first answer. A lease that can be had is held by then.
 * @throws {LifecycleError} `invalid_argument`, `detached`; `leaving` if a shutdown is accepted before the
 * store has answered; `store_refused` (wrong credentials or rights), `store_version`,
 * `store_not_durable`, `store_conflict` (the key has a value that no lease wrote). For the last four
 * writes stay refused. A store that cannot be reached is asked again.
 * @example
 * ```ts
 * import { fileStore, lease } from 'tidegate/fleet';
 *
 * const store = fileStore('/var/tmp/tidegate-example');
 * const writer = await lease(lifecycle, { store, name: 'writer' });
 * console.log(writer.state, writer.token !== null); // held true
 * await writer.release();
 * ```
 */
export async function lease(lifecycle: Lifecycle, options: LeaseOptions): Promise<Lease> {
  const { store, name, ttlMs, holder } = checkLease(lifecycle, options);
  const names = contended.get(lifecycle) ?? new Set();
  contended.set(lifecycle, names);
  must(!names.has(name), ACTION, 'name must not be leased by this lifecycle already', name);
  const seat = seatOf(lifecycle);
  const rule = 'the Lifecycle must be of this copy of the package';
  must(seat !== undefined, ACTION, rule, lifecycle);
  // Throws for one that was detached, before anything is installed.
  const made = new LifecycleLease(lifecycle, seat, { store, name, ttlMs, holder });
  names.add(name);
  // A promise alone keeps no process alive.
  const anchor = setInterval(() => {}, TIMER_MAX_MS);
  try {
    await made.answered;
    return made;
  } finally {
    clearInterval(anchor);
  }
}

class LifecycleLease implements Lease {
  readonly name: string;
  /** Of the store's first answer. */
  readonly answered: Promise<void>;
  readonly #lifecycle: Lifecycle;
  /** As it was before a detach. */
  readonly #core: Seat['core'];
  readonly #cell: LeaseCell;
  readonly #contender: Contender;
  readonly #listeners: Set<{ readonly hear: (lease: Lease) => unknown }> = new Set();
  readonly #undos: (() => void)[] = [];
  #hasAnswered = false;
  #refuse = (_: unknown): void => {};
  /** The code of the failure that was logged last, until the store answers. */
  #logged: unknown;
  #isReleasing = false;
  #released: Promise<boolean> | undefined;

  constructor(lifecycle: Lifecycle, seat: Seat, { store, name, ttlMs, holder }: Checked) {
    this.#cell = new LeaseCell(seat, name);
    this.name = name;
    this.#lifecycle = lifecycle;
    this.#core = seat.core;
    const id = crypto.randomUUID();
    let answered = (): void => {};
    this.answered = new Promise((resolve, reject) => {
      answered = resolve;
      this.#refuse = (error) => {
        reject(error);
        // Writes stay refused: nobody knows whether somebody else is the writer.
        void this.#end(0);
      };
    });
    this.#contender = new Contender({
      store,
      key: keyOf(name),
      id,
      holder: holder ?? id,
      ttlMs,
      time: THREAD_TIME,
      mayTake: () => this.#released === undefined && !isLeavingOrGone(lifecycle),
      changed: () => this.#changed(),
      renewed: () => this.#open(),
      answered: () => {
        this.#hasAnswered = true;
        this.#logged = undefined;
        answered();
      },
      failed: (error) => {
        const { code } = error as { readonly code?: unknown };
        if (isFinal(error) && !this.#hasAnswered) this.#refuse(error);
        else this.#log(code, error);
      },
    });
    this.#undos.push(
      afterSteps(lifecycle, (leftMs) => this.#leave(leftMs)),
      lifecycle.onTransition(({ to }) => {
        // Nobody ran our part of the shutdown: it was the application's, or another thread's.
        if (to === Phase.Stopped) void this.#leave(GIVE_BACK_MS);
      }),
    );
    const leave = (): void => this.#detach();
    seat.ends.add(leave);
    this.#undos.push(() => seat.ends.delete(leave));
    this.#listenToLeaving();
    void this.#start();
  }

  get state(): LeaseState {
    return this.#contender.state;
  }

  get token(): number | null {
    return this.#contender.token;
  }

  onChange(listener: (lease: Lease) => unknown): () => void {
    must(typeof listener === 'function', 'listen to the lease', 'it must be a function', listener);
    const entry = { hear: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  async release(): Promise<boolean> {
    if (this.#released === undefined) {
      this.#isReleasing = true;
      // Nothing that is written from here on is ours to write; what is under way has the time it has.
      this.#cell.refuse('waiting');
      while (this.#contender.leftMs > 0 && this.#core.writesOut() > 0) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    }
    return this.#end(GIVE_BACK_MS);
  }

  /** Not before its time is watched: no write is admitted then that nobody would refuse in time. */
  async #start(): Promise<void> {
    await this.#cell.whenWatched;
    this.#contender.start();
  }

  /** The thread leaves the lifecycle. Others may go on, which no lease permits to write any more. */
  #detach(): void {
    for (const undo of this.#undos.splice(0)) undo();
    if (!this.#hasAnswered)
      this.#refuse(new LifecycleError('detached', `Cannot ${ACTION}: it was detached`));
    void this.release();
  }

  /** At the end of a shutdown, which may be here before its signal is. */
  #leave(limitMs: number): Promise<boolean> {
    if (!this.#hasAnswered) this.#refuse(this.#lifecycle.leaving.reason);
    return this.#end(limitMs);
  }

  /** Gives it back, once. */
  #end(limitMs: number): Promise<boolean> {
    this.#released ??= this.#giveBack(limitMs);
    return this.#released;
  }

  async #giveBack(limitMs: number): Promise<boolean> {
    for (const undo of this.#undos.splice(0)) undo();
    const wasHeld = this.state === 'held';
    // Unlike those of a contender it keeps the process alive: others wait for it.
    const anchor = setInterval(() => {}, GIVE_BACK_MS);
    const isKnown = await this.#contender.giveBack(limitMs);
    clearInterval(anchor);
    this.#cell.leave();
    contended.get(this.#lifecycle)?.delete(this.name);
    if (wasHeld && !isKnown) {
      const message = `The lease ${this.name} was not given back: others have to wait until it runs out`;
      journal(this.#lifecycle, { type: 'lease_failed', name: this.name, message });
    }
    return isKnown;
  }

  #listenToLeaving(): void {
    const { leaving } = this.#lifecycle;
    const left = (): void => {
      if (!this.#hasAnswered) this.#refuse(leaving.reason);
    };
    leaving.addEventListener('abort', left);
    this.#undos.push(() => leaving.removeEventListener('abort', left));
    // Last: it may undo all of it.
    if (leaving.aborted) left();
  }

  #changed(): void {
    const { state } = this.#contender;
    if (state === 'held') this.#open();
    else this.#cell.refuse(this.#isReleasing ? 'waiting' : state);
    if (state === 'lost') {
      const message = `The lease ${this.name} was lost: it was not renewed in time`;
      journal(this.#lifecycle, { type: 'lease_failed', name: this.name, message });
    }
    tellLease(this.#lifecycle, { name: this.name, state, token: this.token });
    for (const { hear } of [...this.#listeners]) this.#tell(hear);
  }

  /** A lease that is regained while it is released admits nothing. */
  #open(): void {
    const { token, untilMs } = this.#contender;
    if (this.#isReleasing || token === null) return;
    const isOurs = this.#cell.hold(token, untilMs, () => this.token);
    // Others were told that this thread is dead, and may have its lease by now.
    if (!isOurs) void this.#end(GIVE_BACK_MS);
  }

  #tell(hear: (lease: Lease) => unknown): void {
    const failed = (error: unknown): void => {
      const message = `A listener of the lease ${this.name} failed`;
      journal(this.#lifecycle, { type: 'listener_failed', name: this.name, message, error });
    };
    try {
      const told = hear(this);
      if (told instanceof Promise) told.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Once for each failure, however often it comes until the store answers. */
  #log(code: unknown, error: unknown): void {
    if (this.#logged !== undefined) return;
    this.#logged = code ?? 'store_unreachable';
    const message = `The store of the lease ${this.name} does not answer`;
    journal(this.#lifecycle, { type: 'lease_failed', name: this.name, message, error });
  }
}
