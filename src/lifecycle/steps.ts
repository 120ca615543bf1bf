/**
 * The steps of one thread's pipeline, which several modules may add: each has a name and the steps
 * it waits for. They are checked here and kept in the order in which they were added; `schedule.ts`
 * runs them.
 *
 * @module
 */

import { isWithin, must } from './check.ts';
import { TIMER_MAX_MS } from './clock.ts';
import { LifecycleError, shown } from './errors.ts';
import { checkKeys } from './known-keys.ts';
import type { Signal } from './platform.ts';
import { checkStepName } from './report.ts';

/** What a step is run with. */
export interface StepContext {
  /** Aborts when the step's time is up. */
  readonly signal: Signal;
  /**
   * False if the process never became Ready: what it holds may be half restored, so take no backup of
   * it.
   */
  readonly ready: boolean;
}

/**
 * One step of the shutdown. It may be run again by another thread if its host died, so it must be
 * idempotent. It must not wait for `shutdown()`: that waits for the step.
 */
export interface PipelineStep {
  /**
   * 1 to 32 UTF-8 bytes, unique over the thread's pipeline. `flush_wal`, `final_checkpoint` and
   * `backup` set the booleans of the report; `backup` is skipped if `flush_wal` did not end ok.
   */
  readonly name: string;
  /**
   * Does the work, and is awaited. What it does after it timed out is ignored: watch `signal`. A throw
   * or a rejection is recorded, and the other steps still run.
   */
  readonly run: (context: StepContext) => unknown;
  /**
   * Milliseconds that it may take, 0 to 2^31-1, within what is left of the budget. Without it, it may
   * take what is left less a share for each step that is still to come.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * `'accepted'`: from the acceptance on, while requests are still served (stop consumers, tell
   * clients). `'drained'`, the default: when nothing is in progress any more.
   */
  readonly at?: StepTime | undefined;
  /**
   * Names of the steps that it waits for, `[]` for none. Without it, it waits for all of its kind
   * (`at`) that were added before it, but for those that wait for it. A name that no step has by the
   * acceptance counts as ended.
   */
  readonly after?: readonly string[] | undefined;
}

/** When a step may run. */
export type StepTime = 'accepted' | 'drained';

/** {@link PipelineStep} after the check. */
export interface Step {
  readonly name: string;
  readonly run: (context: StepContext) => unknown;
  readonly timeoutMs: number | undefined;
  readonly at: StepTime;
  /** The names that the application asked to wait for; they may be of steps that are added later. */
  readonly after: readonly string[];
  /** All that it waits for. */
  readonly waits: Set<string>;
}

const ACTION = 'add the step';

/** The steps of one thread. */
export class Steps {
  #steps: readonly Step[] = [];

  /** The steps as they are now, in the order in which they were added. */
  get list(): readonly Step[] {
    return this.#steps;
  }

  /**
   * Adds all of them, or none. Returns the removal.
   *
   * @throws {LifecycleError} `invalid_argument`, `circular_steps`
   */
  add(steps: readonly PipelineStep[]): () => void {
    let all = this.#steps;
    for (const step of steps) all = [...all, checkStep(step, all)];
    const added = all.slice(this.#steps.length);
    this.#steps = all;
    let isRemoved = false;
    return () => {
      // Again is nothing: the names may be those of other steps by now.
      if (isRemoved) return;
      isRemoved = true;
      this.#steps = this.#steps.filter((step) => !added.includes(step));
      // Whoever waited only because they came first waits no more, even if the name comes again.
      for (const { waits, after } of this.#steps) {
        for (const { name } of added) if (!after.includes(name)) waits.delete(name);
      }
    };
  }
}

function checkStep(step: PipelineStep, all: readonly Step[]): Step {
  checkKeys(ACTION, step, ['name', 'run', 'timeoutMs', 'at', 'after']);
  const { run, timeoutMs, at = 'drained', after } = step;
  const name = checkStepName(ACTION, step.name);
  const isNew = all.every((other) => other.name !== name);
  must(isNew, ACTION, 'name must be unique', name);
  must(typeof run === 'function', ACTION, 'run must be a function', run);
  must(at === 'accepted' || at === 'drained', ACTION, "at must be 'accepted' or 'drained'", at);
  const isNames = after === undefined || (Array.isArray(after) && after.every(isName));
  must(isNames, ACTION, 'after must be a list of names of steps', after);
  const dependents = dependentsOf(name, all);
  const before = all.filter((other) => other.at === at && !dependents.has(other.name));
  const checked = {
    name,
    // Bound, because a step may be an object with a method.
    run: run.bind(step),
    timeoutMs: duration(ACTION, 'timeoutMs', timeoutMs),
    at,
    after: [...(after ?? [])],
    waits: new Set(after ?? before.map((other) => other.name)),
  };
  checkOrder(checked, all, dependents);
  return checked;
}

/** The steps that wait for `name`, or for one that does. */
function dependentsOf(name: string, all: readonly Step[]): Set<string> {
  const found = new Set<string>([name]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const step of all) {
      if ([...step.waits].some((wanted) => found.has(wanted))) found.add(step.name);
    }
  }
  return found;
}

/** Refuses a step that would wait for itself, or for what comes only after it. */
function checkOrder(step: Step, all: readonly Step[], dependents: ReadonlySet<string>): void {
  const circle = step.after.find((name) => dependents.has(name));
  if (circle !== undefined) {
    const why = circle === step.name ? 'itself' : `${shown(circle)}, which waits for it`;
    throw refusal(`${shown(step.name)} would wait for ${why}`);
  }
  for (const other of all) {
    const [early, late] = step.at === 'accepted' ? [step, other] : [other, step];
    if (early.at !== 'accepted' || late.at !== 'drained' || !early.after.includes(late.name))
      continue;
    throw refusal(
      `${shown(early.name)} runs at 'accepted', and ${shown(late.name)} only at 'drained'`,
    );
  }
}

function refusal(why: string): LifecycleError {
  return new LifecycleError('circular_steps', `Cannot ${ACTION}: ${why}`);
}

/** Milliseconds as timers take them, or none. */
export function duration(
  action: string,
  name: string,
  value: number | undefined,
): number | undefined {
  const isDuration = value === undefined || isWithin(value, 0, TIMER_MAX_MS);
  must(isDuration, action, `${name} must be between 0 and ${TIMER_MAX_MS}`, value);
  return value;
}

function isName(value: unknown): value is string {
  return typeof value === 'string';
}
