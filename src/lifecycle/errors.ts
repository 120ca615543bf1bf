/**
 * Errors: one class with a stable `code`, and the one that a closed gate throws. A value out of
 * its range is a `RangeError`, as in the language.
 *
 * @module
 */

import { type Phase, phaseName } from './phase.ts';

/** What went wrong, for programs. Messages may change; codes do not. */
export type LifecycleErrorCode =
  /** An argument or option is of the wrong type or out of its range. */
  | 'invalid_argument'
  /** The clock did not return integer milliseconds in 0 … 2^48−1. */
  | 'invalid_clock'
  /** The wasm backend was asked for where WebAssembly is missing or forbidden. */
  | 'wasm_unavailable'
  /** The memory cannot be allocated, as under an address-space limit. */
  | 'memory_unavailable'
  /** The atomics backend was asked for in a browser, without `useAtomics()`. */
  | 'backend_missing'
  /** Memory cannot be shared with other threads here. */
  | 'cannot_share'
  /** What was given to `attach` is not a handle from `share()`. */
  | 'not_tidegate'
  /** The memory was made by a version of tidegate with another layout. */
  | 'layout_version'
  /** All places for threads (127) are taken. */
  | 'members_full'
  /** `detach()` was called on this object. */
  | 'detached'
  /** This member was declared dead by `reap`. */
  | 'reaped'
  /** This member still holds permits, or runs a stage or the shutdown. */
  | 'member_busy'
  /** All stages (32) are taken. */
  | 'stages_full'
  /** All checks (32) are taken. */
  | 'checks_full'
  /** The gate refuses: see {@link GateClosedError}. */
  | 'gate_closed'
  /** More permits of one kind held than a member can count (2^24−1). */
  | 'too_many_permits'
  /** There is nothing to drain before Ready. */
  | 'nothing_to_drain'
  /** This lifecycle object already has a pipeline. */
  | 'pipeline_installed'
  /** The process is leaving: a shutdown was accepted, or has begun. See {@link LeavingError}. */
  | 'leaving'
  /** A step would wait for itself, by way of the steps it names in `after`. */
  | 'circular_steps'
  /** Components need each other in a circle (`tidegate/compose`). */
  | 'circular_components'
  /** This thread may not block. */
  | 'cannot_block'
  /** Signals are handled on the main thread only, and this is a worker. */
  | 'not_main_thread'
  /** More threads call `finishShutdown` at the same time than there are report slots (8). */
  | 'reports_busy'
  /** The fleet's object did not answer in time, or not as one does (`tidegate/cloudflare`). */
  | 'fleet_unreachable'
  /** The fleet's object refused the call: there is no such deployment. */
  | 'unknown_deployment'
  /** The store did not answer in time, or not as one does (`tidegate/fleet`). */
  | 'store_unreachable'
  /** The store refused the credentials, or they do not allow what a lease needs. */
  | 'store_refused'
  /** The store is of a version that has not what a lease needs. */
  | 'store_version'
  /** The store may forget what it has acknowledged. */
  | 'store_not_durable'
  /** Something else was written under the key of the lease. */
  | 'store_conflict'
  /** The engine has no room for what a lease writes: its disk, or its quota, is full. */
  | 'store_full'
  /** 16 names have been leased already, over all threads. */
  | 'leases_full';

/** What every function of this library throws, or rejects with, for a reason of its own. */
export class LifecycleError extends Error {
  /** The name of the class. */
  override readonly name: string = 'LifecycleError';
  /** Stable; what programs and tests match. */
  readonly code: LifecycleErrorCode;

  /** Made by this library; an application tests for it, and matches `code`. */
  constructor(code: LifecycleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why the gate is closed: the name of a write hold, or else of the phase. */
export class GateClosedError extends LifecycleError {
  /** The name of the class. */
  override readonly name: string = 'GateClosedError';
  /** The phase in which it was refused. */
  readonly phase: Phase;
  /** A write hold (`read_only`, `replica`, `lease_lost`, `paused`, `unhealthy`) or the phase's wire name. */
  readonly reason: string;

  /** Made by the gate. */
  constructor(kind: 'write' | 'query', phase: Phase, reason: string) {
    super('gate_closed', `Cannot admit a ${kind}: ${reason} (phase ${phaseName(phase)})`);
    this.phase = phase;
    this.reason = reason;
  }
}

/** Why `lifecycle.leaving` is aborted, and what a stage that comes too late rejects with. */
export class LeavingError extends LifecycleError {
  /** The name of the class. */
  override readonly name: string = 'LeavingError';
  /** What asked for the shutdown (`SIGTERM`, `http`, …); `null` if nobody said. */
  readonly trigger: string | null;

  /** Made by the lifecycle. */
  constructor(trigger: string | null) {
    const asked = trigger === null ? '' : ` (${trigger})`;
    super('leaving', `Cannot go on: the process is shutting down${asked}`);
    this.trigger = trigger;
  }
}

/** Shows a value in a message, short and on one line, even one that has no string form. */
export function shown(value: unknown): string {
  try {
    return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 60);
  } catch {
    return `an unprintable ${typeof value}`;
  }
}

/** What was thrown, in words. Anything can be, including what cannot be turned into a string. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  } catch {
    return 'an object without a string form';
  }
}
