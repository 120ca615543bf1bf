/**
 * One contender for a lease: when it looks, renews, takes and gives back. It knows a store and a
 * monotonic clock; what follows for a lifecycle is for `lease.ts`.
 *
 * **No two holders have the same token.** The values under a key are a chain: each was swapped in for
 * the version of the one before it, which the store does once for each version. A value of another holder
 * than the one before it has a greater token, all others the same. So along the chain the token grows
 * with every change of holder, and a token has one holder. Nobody takes a token for its own before it has
 * seen that its write is in the chain. An engine that may have forgotten the end of the chain says so.
 * Then the first contender that sees it writes a value that nobody holds, which counts like a holder's for as long as
 * it takes the engine to write it through, and which leaves out more tokens than can have been forgotten.
 *
 * **No two hold at once**, by true time, as long as the clocks of any two contenders run at rates
 * that differ by less than {@link RATE_ERROR}:
 *
 * 1. A holder sends a write at `s`, by its clock, and holds until `s + ttl`. The write takes effect
 *    later than `s`, or never.
 * 2. Another contender sees that value at `r`, which is later than it took effect, hence later than `s`.
 *    It takes the lease at `r + ttl × (1 + RATE_ERROR)` or later, by its clock: after `s + ttl`.
 * 3. Had the holder renewed meanwhile, the version would be another one, and the swap fails: whichever
 *    of the renewal and the take comes to the store first, the other one does nothing.
 * 4. A write whose answer is lost counts from when it was sent, if it is found to be in the chain.
 *
 * Where clocks stand still (a machine that is suspended, a virtual machine that is moved), 2 does not
 * hold, and a process that was stopped between a look at its clock and its write writes late. Then the
 * token is what is left: a resource that checks it refuses the late one.
 *
 * @module
 */

import type { LeaseState } from '../core/lease-cells.ts';
import type { Signal } from '../lifecycle/platform.ts';
import { answerMs, answerOf } from './answer.ts';
import { Pauses, RENEW_PART } from './pauses.ts';
import { decodeRecord, encodeRecord, type LeaseRecord } from './record.ts';
import { isFinal, type Store } from './store.ts';
import { Term } from './term.ts';
import type { Time } from './time.ts';

/** By how much the rates of two monotonic clocks may differ. NTP slews by at most 0.0005. */
export const RATE_ERROR = 0.01;
/** Tokens that are left out where the store may have forgotten some. */
const FORGOTTEN_TOKENS = 2 ** 20;
/** For so long an engine that says so may forget a write: Redis writes out every second, or two. */
const FORGETS_MS = 3_000;
/** Of so many of our own writes it is known when they were sent. */
const SENT_KEPT = 8;

/** What a contender is made of. */
export interface ContenderParts {
  readonly store: Store;
  readonly key: string;
  readonly id: string;
  readonly holder: string;
  readonly ttlMs: number;
  readonly time: Time;
  /** False once nothing is to be taken any more. What is held is renewed all the same. */
  readonly mayTake: () => boolean;
  /** Is called, synchronously, when the state or the token has changed. */
  readonly changed: () => void;
  /** Is called, synchronously, when it is held until later than before. */
  readonly renewed?: () => void;
  /** The store has answered, for the first time. */
  readonly answered: () => void;
  /** The store could not be asked. */
  readonly failed: (error: unknown) => void;
}

/** See the module. */
export class Contender {
  readonly #parts: ContenderParts;
  readonly #term: Term;
  /** Of our own value in the store, if we know that it is still there. */
  #own: { readonly version: string; readonly token: number } | undefined;
  /** The version that was read last, and when it was seen first. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined;
  /** When each of our writes was sent, by its sequence. */
  readonly #sentAtMs: Map<number, number> = new Map();
  #sequence = 0;
  #highestToken = 0;
  readonly #pauses: Pauses;
  #wake: (() => void) | undefined;
  /** From here on it only gives back; until when it tries to. */
  #endingUntilMs: number | undefined;
  #isGivenBack = false;
  #running: Promise<void> | undefined;

  constructor(parts: ContenderParts) {
    this.#parts = parts;
    this.#term = new Term(parts.time, parts.changed);
    this.#pauses = new Pauses(parts.time, parts.ttlMs);
  }

  /** As of now. */
  get state(): LeaseState {
    return this.#term.state;
  }

  /** The fencing token; `null` while the lease is not held, as of now. */
  get token(): number | null {
    return this.state === 'held' ? this.#term.token : null;
  }

  /** When the time is over that was held last. */
  get untilMs(): number {
    return this.#term.untilMs;
  }

  /** Milliseconds for which it is still held; 0 if it is not. */
  get leftMs(): number {
    return this.state === 'held' ? this.#term.untilMs - this.#parts.time.nowMs() : 0;
  }

  /** Contends until `giveBack` is called. Never rejects. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Holds no more, from this call on, and tells the store so, for at most `limitMs`.
   *
   * @returns whether the store knows it: others need not wait until the time is over
   */
  async giveBack(limitMs: number): Promise<boolean> {
    const { time } = this.#parts;
    const nowMs = time.nowMs();
    // Nobody waits for what is over: others take it then, and a store that is gone is left alone.
    const overMs = Math.max(nowMs, this.#term.untilMs) + this.#answerMs();
    this.#endingUntilMs ??= Math.min(nowMs + limitMs, overMs);
    // Nothing of ours was ever on its way to the store.
    if (this.#sequence === 0) this.#isGivenBack = true;
    this.#term.become('waiting');
    this.#wake?.();
    const late = new Promise<void>((resolve) => time.after(limitMs, resolve));
    await Promise.race([this.#running, late]);
    return this.#isGivenBack;
  }

  async #run(): Promise<void> {
    while (!this.#isOver()) {
      const pauseMs = await this.#round();
      const quietMs = this.#pauses.unhurried(pauseMs);
      if (this.#isOver()) return;
      // What is given back is not waited with, unless the store cannot be reached.
      if (this.#endingUntilMs !== undefined && !this.#pauses.hasFailed && pauseMs > 0) continue;
      await this.#sleep(quietMs);
    }
  }

  #isOver(): boolean {
    if (this.#endingUntilMs === undefined) return false;
    return this.#isGivenBack || this.#parts.time.nowMs() >= this.#endingUntilMs;
  }

  /** One question or two to the store; how long to wait until the next ones. */
  async #round(): Promise<number> {
    try {
      const pauseMs = await (this.#own === undefined ? this.#look() : this.#write(this.#own));
      this.#pauses.worked();
      return pauseMs;
    } catch (error) {
      // What we had written is still there, or it is not: the next look tells.
      this.#own = undefined;
      this.#parts.failed(error);
      return this.#pauses.afterFailure(isFinal(error));
    }
  }

  /** Reads, and does what follows from it. */
  async #look(): Promise<number> {
    const { store, key, id, time, mayTake } = this.#parts;
    const entry = await this.#answer((signal) => store.read(key, signal));
    const nowMs = time.nowMs();
    if (this.#seen?.version !== entry.version) {
      this.#seen = { version: entry.version, sinceMs: nowMs };
    }
    const record = entry.value === null ? undefined : decodeRecord(key, entry.value);
    this.#highestToken = Math.max(this.#highestToken, record?.token ?? 0);
    // An own value that came back may be older than what somebody else had taken it with: unless we hold
    // the lease without a break, by this very token, it counts as anybody's.
    const isHeld = this.state === 'held' && record?.token === this.#term.token;
    const isTrue = !entry.mayHaveForgotten || isHeld;
    if (record !== undefined && record.id === id && record.ttlMs > 0 && isTrue) {
      return this.#recognize(record, entry.version);
    }
    if (this.#endingUntilMs !== undefined) {
      this.#isGivenBack = true;
      return 0;
    }
    if (this.state === 'held') this.#term.become('lost');
    const ttlMs = record?.ttlMs ?? 0;
    if (ttlMs > 0) this.#term.become('waiting');
    if (entry.mayHaveForgotten && mayTake()) return this.#note(entry.version, ttlMs);
    const leftMs = ttlMs > 0 ? this.#seen.sinceMs + patienceMs(ttlMs) - nowMs : 0;
    if (leftMs > 0) return this.#answered(Math.min(leftMs, this.#lookMs()));
    if (!mayTake()) return this.#answered(this.#lookMs());
    const token = this.#highestToken + 1;
    try {
      return await this.#write({ version: entry.version, token });
    } catch (error) {
      // It has answered before that; whether it is ours now is seen next.
      this.#answered(0);
      throw error;
    }
  }

  /** Writes down that something may have been forgotten. Whether it was done is seen by the next look. */
  async #note(version: string, ttlMs: number): Promise<number> {
    const { store, key, id } = this.#parts;
    this.#sequence += 1;
    const value = encodeRecord({
      token: this.#highestToken + FORGOTTEN_TOKENS,
      id: `${id} noted`,
      sequence: this.#sequence,
      holder: 'nobody: the store may have forgotten who',
      // Who held it may hold it still, for as long as we would.
      ttlMs: Math.max(ttlMs, this.#parts.ttlMs, FORGETS_MS),
    });
    await this.#answer((signal) => store.swap(key, version, value, signal));
    return 0;
  }

  /** What was read is our own, of a write whose answer was lost, or that was refused the second time. */
  #recognize(record: LeaseRecord, version: string): number {
    const { time, ttlMs, mayTake } = this.#parts;
    this.#own = { version, token: record.token };
    const sentAtMs = this.#sentAtMs.get(record.sequence) ?? Number.NEGATIVE_INFINITY;
    const isNew = record.token !== this.#term.token;
    // Taken by an answer that came too late.
    if (isNew && !mayTake()) this.#endingUntilMs ??= time.nowMs() + this.#answerMs();
    this.#hold(record.token, sentAtMs + ttlMs);
    // It is renewed at once if that is due, even if its time is over: nobody else has held it.
    return this.#answered(Math.max(0, sentAtMs + ttlMs * RENEW_PART - time.nowMs()));
  }

  /** Takes, renews or gives back: writes our value over a version. */
  async #write({ version, token }: { version: string; token: number }): Promise<number> {
    const { store, key, id, holder, time, mayTake } = this.#parts;
    const isEnding = this.#endingUntilMs !== undefined;
    const ttlMs = isEnding ? 0 : this.#parts.ttlMs;
    this.#sequence += 1;
    const sequence = this.#sequence;
    // Before it is sent: whatever sees it sees it later.
    const sentAtMs = time.nowMs();
    this.#sentAtMs.set(sequence, sentAtMs);
    this.#sentAtMs.delete(sequence - SENT_KEPT);
    const value = encodeRecord({ token, id, sequence, holder, ttlMs });
    const written = await this.#answer((signal) => store.swap(key, version, value, signal));
    if (written === null) {
      this.#own = undefined;
      return 0;
    }
    if (isEnding) {
      this.#isGivenBack = true;
      return 0;
    }
    this.#own = { version: written, token };
    this.#highestToken = Math.max(this.#highestToken, token);
    if (token !== this.#term.token && !mayTake()) {
      // Asked for before the acceptance of a shutdown, and answered after it.
      this.#endingUntilMs ??= time.nowMs() + this.#answerMs();
    }
    this.#hold(token, sentAtMs + ttlMs);
    return this.#answered(Math.max(0, sentAtMs + ttlMs * RENEW_PART - time.nowMs()));
  }

  /** Unless it is given back: what is answered after that is not ours to hold. */
  #hold(token: number, untilMs: number): void {
    if (this.#endingUntilMs !== undefined) return;
    this.#term.hold(token, untilMs);
    if (this.state === 'held') this.#parts.renewed?.();
  }

  /** The pause that follows an answer. */
  #answered(pauseMs: number): number {
    this.#parts.answered();
    return pauseMs;
  }

  /** How long until somebody who waits looks again. */
  #lookMs(): number {
    const { store, ttlMs } = this.#parts;
    return this.#pauses.spread(Math.min(store.pollMs, ttlMs * RENEW_PART));
  }

  #answerMs(): number {
    return answerMs(this.#parts.ttlMs);
  }

  #answer<T>(ask: (signal: Signal) => Promise<T>): Promise<T> {
    return answerOf(ask, this.#answerMs(), this.#parts.time);
  }

  /** Until the time is over, or the lease is given back. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      cancel = this.#parts.time.after(ms, resolve);
      this.#wake = resolve;
    });
    cancel();
    this.#wake = undefined;
  }
}

/** Somebody else's time is over, by our clock, this long after we saw what they wrote. */
function patienceMs(ttlMs: number): number {
  return ttlMs * (1 + RATE_ERROR) + 1;
}
