/**
 * Processes that follow a fleet in a simulated world: each with a clock of its own that runs fast or slow, and a
 * wall clock that is wrong, and a store behind a network that delays and loses. It judges nothing;
 * `followers.test.ts` does.
 *
 * @module
 */

import { RATE_ERROR } from '../../src/fleet/contender.ts';
import { Ledger } from '../../src/fleet/ledger.ts';
import type { Store } from '../../src/fleet/store.ts';
import { StoreFollower } from '../../src/fleet/store-follower.ts';
import type { Time } from '../../src/fleet/time.ts';
import type { Named } from '../../src/fleet/told.ts';
import type { Lifecycle } from '../../src/index.ts';
import { Engine, type World } from './world.ts';

/** How the network behaves: of each request and of each answer. */
export interface Network {
  /** 0 … 1: never arrives. */
  lost: number;
  /** How long it takes, at least and at most. */
  least: number;
  most: number;
}

/** A register for each key, and what was asked of them. */
export class Registers {
  readonly #engines: Map<string, Engine> = new Map();
  /** When each read and each swap came. */
  readonly reads: number[] = [];
  readonly swaps: number[] = [];

  of(key: string): Engine {
    const engine = this.#engines.get(key) ?? new Engine();
    this.#engines.set(key, engine);
    return engine;
  }

  /** Restarts with nothing. */
  forgetAll(): void {
    this.#engines.clear();
  }
}

/** What a process is of. */
export interface Role {
  readonly named: Named;
  readonly cacheAgeMs: number;
}

/** One process that follows. */
export class FleetProcess {
  readonly lifecycle: Lifecycle;
  readonly role: Role;
  readonly follower: StoreFollower;
  readonly ledger: Ledger;
  /** How many questions it has asked, answered or not. */
  asked = 0;
  readonly #world: World;
  readonly #rate: number;
  readonly #offsetMs: number;

  constructor(
    world: World,
    registers: Registers,
    network: Network,
    lifecycle: Lifecycle,
    role: Role,
  ) {
    this.#world = world;
    this.lifecycle = lifecycle;
    this.role = role;
    this.#rate = 1 + (world.random() - 0.5) * RATE_ERROR;
    this.#offsetMs = world.between(0, 1e6);
    const time = this.#time();
    const skewMs = world.between(-60_000, 60_000);
    this.ledger = new Ledger({
      store: this.#storeOf(registers, network),
      name: 'fleet',
      time,
      wallMs: () => Math.max(1, Math.floor(1e9 + world.nowMs + skewMs)),
    });
    this.follower = new StoreFollower({
      lifecycle,
      ledger: this.ledger,
      ...role,
      timeoutMs: role.cacheAgeMs,
      time,
      answered: () => {},
      failed: () => {},
      changed: () => {},
      stopped: () => {},
    });
    this.follower.start();
  }

  #time(): Time {
    return {
      nowMs: () => this.#offsetMs + this.#world.nowMs * this.#rate,
      after: (ms, then) => {
        let isWanted = true;
        this.#world.in(Math.ceil(ms) / this.#rate, () => {
          if (isWanted) then();
        });
        return () => {
          isWanted = false;
        };
      },
      random: this.#world.random,
    };
  }

  #storeOf(registers: Registers, network: Network): Store {
    const world = this.#world;
    const ask = <T>(act: () => T): Promise<T> =>
      new Promise((resolve) => {
        const isLost = (): boolean => world.random() < network.lost;
        const delay = (): number => world.between(network.least, network.most) / 2;
        if (isLost()) return;
        world.in(delay(), () => {
          const answer = act();
          if (!isLost()) world.in(delay(), () => resolve(answer));
        });
      });
    return {
      pollMs: 75,
      read: (key) => {
        this.asked += 1;
        return ask(() => {
          registers.reads.push(world.nowMs);
          return registers.of(key).entry();
        });
      },
      swap: (key, version, value) => {
        this.asked += 1;
        return ask(() => {
          registers.swaps.push(world.nowMs);
          return registers.of(key).swap(version, value, world.nowMs);
        });
      },
    };
  }
}
