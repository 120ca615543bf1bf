/**
 * A world in which leases are contended for: true time, processes with clocks of their own that run
 * fast or slow, loops that stall, crashes, and a store behind a network that delays, loses and repeats.
 * Everything comes from one seed. It judges nothing; `contender.test.ts` does.
 *
 * @module
 */

import { Contender, RATE_ERROR } from '../../src/fleet/contender.ts';
import type { Store, StoreEntry } from '../../src/fleet/store.ts';
import type { LeaseState } from '../../src/fleet/term.ts';
import type { Time } from '../../src/fleet/time.ts';

/** mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** True time, in which everything happens. */
export class World {
  nowMs = 0;
  readonly random: () => number;
  /** A heap: of what is left the first is at 0, and none is before the one at half its place. */
  readonly #events: Event[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  /** Between `least` and `most`. */
  between(least: number, most: number): number {
    return least + (most - least) * this.random();
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order, run };
    this.#order += 1;
    let place = this.#events.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#events[above] as Event;
      if (!isBefore(event, other)) break;
      this.#events[place] = other;
      place = above;
    }
    this.#events[place] = event;
  }

  in(ms: number, run: () => void): void {
    this.at(this.nowMs + ms, run);
  }

  #dropFirst(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let place = 0;
    while (true) {
      let below = 2 * place + 1;
      const [left, right] = [events[below], events[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const other = events[below] as Event;
      if (!isBefore(other, last)) break;
      events[place] = other;
      place = below;
    }
    events[place] = last;
  }

  /** Plays until `untilMs`, and calls `judge` after everything that happens. */
  async play(untilMs: number, judge: () => void): Promise<void> {
    while (true) {
      const [event] = this.#events;
      if (event === undefined || event.atMs > untilMs) return;
      this.#dropFirst();
      // Just before it, too: a time may be over by then that no timer has told of.
      this.nowMs = event.atMs;
      judge();
      event.run();
      // What follows from it in promises.
      await new Promise((resolve) => setImmediate(resolve));
      judge();
    }
  }
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** How the network and the engine behave. */
export interface Faults {
  /** 0 … 1, of each request and of each answer. */
  lost: number;
  /** 0 … 1: a swap that is tried once more, later. */
  repeated: number;
  /** 0 … 1: much later than it should be. */
  slow: number;
  slowMs: number;
}

/** A register in the memory, as an engine has it on disk. */
export class Engine {
  value: string | null = null;
  /** Requests that were sent to it, whether or not they have arrived. */
  readonly asked = { reads: 0, swaps: 0 };
  #version = 0;
  /** Grows when it is restarted after it has forgotten something. */
  #epoch = 0;
  #writtenIn = 0;
  readonly #history: { readonly value: string | null; readonly atMs: number }[] = [];

  entry(): StoreEntry {
    const version = `${this.#epoch}.${this.#version}`;
    return { value: this.value, version, mayHaveForgotten: this.#epoch !== this.#writtenIn };
  }

  swap(version: string, value: string, nowMs: number): string | null {
    if (version !== this.entry().version) return null;
    // What was there until now.
    this.#history.push({ value: this.value, atMs: nowMs });
    this.value = value;
    this.#version += 1;
    this.#writtenIn = this.#epoch;
    return this.entry().version;
  }

  /** Restarts, and has forgotten all that was written after `sinceMs`. */
  forget(sinceMs: number): void {
    for (let last = this.#history.at(-1); last !== undefined; last = this.#history.at(-1)) {
      if (last.atMs <= sinceMs) break;
      this.value = last.value;
      this.#history.pop();
    }
    this.#epoch += 1;
  }
}

/** One process: a clock, a loop that may stall, and the contender that runs in it. */
export class Process {
  readonly name: string;
  readonly contender: Contender;
  readonly states: LeaseState[] = [];
  mayTake = true;
  isDead = false;
  readonly #world: World;
  readonly #rate: number;
  readonly #offsetMs: number;
  #stalledUntilMs = 0;

  constructor(
    world: World,
    engine: Engine,
    faults: Faults,
    name: string,
    ttlMs: number,
    pollMs = 300,
  ) {
    this.#world = world;
    this.name = name;
    // Two of them differ by less than the bound that the argument needs.
    this.#rate = 1 + (world.random() - 0.5) * RATE_ERROR * 0.98;
    this.#offsetMs = world.between(0, 1e6);
    this.contender = new Contender({
      store: this.#storeOf(engine, faults, pollMs),
      key: 'lease',
      id: name,
      holder: name,
      ttlMs,
      time: this.#time(),
      mayTake: () => this.mayTake,
      changed: () => this.states.push(this.contender.state),
      answered: () => {},
      failed: () => {},
    });
    this.contender.start();
  }

  /** Its loop does not turn for so long; its clock goes on. */
  stall(ms: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#world.nowMs + ms);
  }

  /** What the process runs, runs when its loop turns; if it is dead, never. */
  #turn(run: () => void): void {
    if (this.isDead) return;
    if (this.#stalledUntilMs <= this.#world.nowMs) run();
    else this.#world.at(this.#stalledUntilMs, () => this.#turn(run));
  }

  #time(): Time {
    return {
      nowMs: () => this.#offsetMs + this.#world.nowMs * this.#rate,
      after: (ms, then) => {
        let isWanted = true;
        this.#world.in(Math.ceil(ms) / this.#rate, () =>
          this.#turn(() => {
            if (isWanted) then();
          }),
        );
        return () => {
          isWanted = false;
        };
      },
      random: this.#world.random,
    };
  }

  #storeOf(engine: Engine, faults: Faults, pollMs: number): Store {
    const world = this.#world;
    const delay = (): number =>
      world.random() < faults.slow ? world.between(0, faults.slowMs) : world.between(0.1, 3);
    const ask = <T>(act: () => T, isSwap: boolean): Promise<T> =>
      new Promise((resolve) => {
        const arrive = (isAnswered: boolean): void => {
          if (world.random() < faults.lost) return;
          world.in(delay(), () => {
            const answer = act();
            if (!isAnswered || world.random() < faults.lost) return;
            world.in(delay(), () => this.#turn(() => resolve(answer)));
          });
        };
        engine.asked[isSwap ? 'swaps' : 'reads'] += 1;
        // The answer may be that of the second try, which finds the first one done.
        const isRepeated = isSwap && world.random() < faults.repeated;
        if (isRepeated) arrive(world.random() < 0.5);
        arrive(true);
      });
    return {
      pollMs,
      read: () => ask(() => engine.entry(), false),
      swap: (_, version, value) => ask(() => engine.swap(version, value, world.nowMs), true),
    };
  }
}
