/**
 * What a component is: how it is started, stopped and checked, and what it needs. Types only; how
 * components are checked is `graph.ts`, how they are run is `composition.ts`.
 *
 * @module
 */

import type { CheckOptions } from '../lifecycle/check-options.ts';
import type { CheckContext } from '../lifecycle/check-run.ts';
import type { Signal } from '../lifecycle/platform.ts';
import type { StepContext, StepTime } from '../lifecycle/steps.ts';

/** What every `start` is called with; the values of what it needs are beside the signal. */
export interface StartContext {
  /**
   * Aborts when this start is not wanted any more: the process is leaving, another component failed
   * to start, or the time is up.
   */
  readonly signal: Signal;
}

/** What every `stop` is called with, after the value. */
export type StopContext = StepContext;

/** What `lifecycle.check` takes, without its name, which is the component's, and with its value. */
export interface ComponentCheck<T> extends Omit<CheckOptions, 'name' | 'run'> {
  /** Rejects or throws while the component is unhealthy. */
  readonly run: (value: T, context: CheckContext) => unknown;
}

/**
 * One component: all of it is optional.
 *
 * @typeParam T its value, which those that need it are started with
 * @typeParam N the names of what it may need
 * @typeParam C what it is started with
 */
export interface ComponentOf<T, N, C> {
  /** The names of the components that it is started after, and stopped before. */
  readonly needs?: readonly N[] | undefined;
  /** Starts it, and returns or resolves with its value. It must clean up if it fails. */
  readonly start?: ((context: C) => T | PromiseLike<T>) | undefined;
  /** Stops it: a step of the shutdown, which is skipped if it never started. */
  readonly stop?: ((value: T, context: StopContext) => unknown) | undefined;
  /** Its health, from when it has started on; a function alone is a `run` with the defaults. */
  readonly check?: ComponentCheck<T> | ComponentCheck<T>['run'] | undefined;
  /** Milliseconds that `start` may take, and `stop`: each 0 to 2^31-1. */
  readonly timeoutMs?: number | undefined;
  /** When it is stopped, as of a step: `'drained'`, the default, or `'accepted'`. */
  readonly at?: StepTime | undefined;
}
