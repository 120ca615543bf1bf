/**
 * A lease's part in the lifecycle: the holds that all threads see, the watch over its time, and the
 * token that permits of this thread carry. When it is held is `contender.ts`.
 *
 * @module
 */

import { LEASE_LOST, LEASE_WAITING } from '../../assembly/layout.ts';
import type { LeaseCells } from '../core/lease-cells.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import { leaseCells, useLeases } from '../lifecycle/leases.ts';
import type { Fence, Seat } from '../lifecycle/seat.ts';
import { Watcher } from './watcher.ts';

/** Of each thread, the leases that it contends for. */
const contending: WeakMap<Seat, Map<LeaseCell, Fence | undefined>> = new WeakMap();

/** One cell, from the call of `lease()` to the end of the lease. */
export class LeaseCell {
  readonly #seat: Seat;
  readonly #cells: LeaseCells;
  readonly #cell: number;
  readonly #watcher: Watcher | undefined;
  /** What was told last: a renewal is told by two. */
  #token = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  /**
   * Takes the cell of a name: from here on writes are refused as those of a replica.
   *
   * @throws {LifecycleError} `leases_full`, `detached`
   */
  constructor(seat: Seat, name: string) {
    const { core, member } = seat;
    // For one that was detached it throws, before anything is done.
    const isAlive = ({ number, incarnation }: typeof member): boolean =>
      core.incarnationOf(number) === incarnation;
    isAlive(member);
    useLeases();
    this.#seat = seat;
    this.#cells = leaseCells(seat);
    this.#cell = this.#cells.claim(member, new TextEncoder().encode(name), isAlive);
    if (this.#cell < 0) {
      throw new LifecycleError('leases_full', 'Cannot lease: 16 names have been leased already');
    }
    this.#watcher = Watcher.of(seat);
    const cells = contending.get(seat) ?? new Map<LeaseCell, Fence | undefined>();
    contending.set(seat, cells.set(this, undefined));
    this.#fence(undefined);
  }

  /** Resolves when somebody watches the time of the lease, or it is clear that nobody will. */
  get whenWatched(): Promise<void> | undefined {
    return this.#watcher?.whenReady;
  }

  /**
   * Admits writes until then.
   *
   * @param tokenNow the token that is held when it is asked, or `null`
   * @returns false if another thread has declared this one dead
   */
  hold(token: number, untilMs: number, tokenNow: () => number | null): boolean {
    if (token === this.#token && untilMs === this.#untilMs) return true;
    // Before it can be the one of a permit.
    if (token !== this.#token) this.#fence(fenceOf(token, tokenNow));
    this.#token = token;
    this.#untilMs = untilMs;
    const until = this.#watcher?.untilOf(untilMs) ?? 0n;
    const { member } = this.#seat;
    return this.#cells.hold(this.#cell, member, BigInt(token), until, this.#watcher?.wake);
  }

  /** Refuses writes. */
  refuse(state: 'waiting' | 'lost'): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
    const wanted = state === 'lost' ? LEASE_LOST : LEASE_WAITING;
    this.#cells.refuse(this.#cell, this.#seat.member, wanted);
  }

  /** Is contended for no more; writes stay refused until the name is leased again. */
  leave(): void {
    this.#cells.leave(this.#cell, this.#seat.member);
    this.#watcher?.end();
    contending.get(this.#seat)?.delete(this);
    this.#fence(undefined);
  }

  /** With several leases no token is that of a permit: which resource it is sent to is not known. */
  #fence(own: Fence | undefined): void {
    const cells = contending.get(this.#seat);
    if (cells?.has(this) === true) cells.set(this, own);
    const [only] = cells?.values() ?? [];
    this.#seat.fence = cells?.size === 1 ? only : undefined;
  }
}

/** See `Permit.token`. */
function fenceOf(token: number, tokenNow: () => number | null): Fence {
  return {
    get token() {
      return tokenNow() === token ? token : null;
    },
  };
}
