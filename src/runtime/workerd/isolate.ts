/**
 * One isolate: its lifecycle, made at the first event, and its boot. Nothing happens at module
 * scope, where there is no clock, no timer and no randomness.
 *
 * Requests share an isolate, but none may wait for what another one does with its own timers and
 * connections, which end with that request. So each request waits with a timer of its own, and
 * looks again.
 *
 * @module
 */

import { monotonicMs } from '../../lifecycle/clock.ts';
import { GateClosedError } from '../../lifecycle/errors.ts';
import { Lifecycle } from '../../lifecycle/for-edge.ts';
import { Phase } from '../../lifecycle/phase.ts';
import type { EventContext, FirstHandler, Follower, WorkerOptions } from './types.ts';

/** How long an event waits for a boot by default. */
export const BOOT_TIMEOUT_MS = 10_000;

/** How often an event looks whether the boot that another one began has failed. */
const LOOK_MS = 25;

/** What the events of one isolate share. */
export class Isolate<Env> {
  readonly lifecycle: Lifecycle;
  readonly follower: Follower | undefined;
  /** Health, admin, and whatever else comes before the application. */
  readonly handler: FirstHandler | undefined;
  readonly #options: WorkerOptions<Env>;
  /** When the boot under way began, if one is. */
  #bootingSince: number | undefined;

  constructor(options: WorkerOptions<Env>, env: Env) {
    this.#options = options;
    this.lifecycle = options.lifecycle ?? Lifecycle.create();
    this.follower = options.fleet?.follow(this.lifecycle, env);
    this.handler = options.handler?.(this.lifecycle, env);
  }

  /**
   * Begins the boot, unless it is over or under way; without one the isolate is Ready at once. The
   * returned promise is of the event that began it.
   */
  boot(env: Env, ctx: EventContext): Promise<void> | undefined {
    const { boot, bootTimeoutMs = BOOT_TIMEOUT_MS } = this.#options;
    if (this.lifecycle.phase() !== Phase.Starting) return undefined;
    if (boot === undefined) {
      this.lifecycle.markReady();
      return undefined;
    }
    const now = monotonicMs();
    // The event that began it may have been ended by the platform: then nobody is at it.
    const since = this.#bootingSince;
    if (since !== undefined && now - since < bootTimeoutMs) return undefined;
    this.#bootingSince = now;
    const run = async (): Promise<void> => {
      try {
        await boot(env, this.lifecycle);
        this.lifecycle.markReady();
      } catch (thrown) {
        this.lifecycle.setStartingReason('boot_failed');
        throw thrown;
      } finally {
        if (this.#bootingSince === now) this.#bootingSince = undefined;
      }
    };
    const booted = run();
    // Not caught: the platform logs what a boot fails with, also one that a probe began.
    ctx.waitUntil(booted);
    return booted;
  }

  /**
   * Waits until the boot is over.
   *
   * @param began the boot, if this very event has begun it already
   * @throws {GateClosedError} when it takes too long; what the boot throws, if this event began it
   */
  async booted(env: Env, ctx: EventContext, began?: Promise<void>): Promise<void> {
    const { lifecycle } = this;
    const { bootTimeoutMs = BOOT_TIMEOUT_MS } = this.#options;
    const endsAt = monotonicMs() + bootTimeoutMs;
    let mine = began;
    while (lifecycle.phase() === Phase.Starting) {
      const left = endsAt - monotonicMs();
      if (left <= 0) {
        const reason = lifecycle.notReadyReason() ?? 'starting';
        throw new GateClosedError('query', Phase.Starting, reason);
      }
      mine ??= this.boot(env, ctx);
      if (mine !== undefined) await within(mine, left);
      else await lifecycle.waitFor(Phase.Ready, { timeoutMs: Math.min(LOOK_MS, left) });
    }
  }
}

/** Waits for a promise, but no longer than that. */
async function within(promise: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
