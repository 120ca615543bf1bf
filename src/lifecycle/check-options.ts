/**
 * What a check is made of, and what is right for each of its options. When a check runs is `checks.ts`;
 * components have checks of the same options.
 *
 * @module
 */

import { CHECK_NAME_BYTES } from '../../assembly/layout.ts';
import { isWhole, isWithin, must } from './check.ts';
import { type CheckEffect, EFFECT_NAMES } from './check-records.ts';
import type { CheckContext } from './check-run.ts';
import { TIMER_MAX_MS } from './clock.ts';
import { checkKeys } from './known-keys.ts';
import { utf8Length } from './staging.ts';

/** A check of something that the process depends on. */
export interface CheckOptions {
  /** 1 to 32 UTF-8 bytes, unique over the thread's checks. */
  readonly name: string;
  /**
   * Looks, and throws or rejects if all is not well; what it returns is not looked at. Watch `signal`:
   * a run that is late is not waited for, but the next one waits for its end.
   */
  readonly run: (context: CheckContext) => unknown;
  /** Milliseconds from the start of a run to the next, 1 to 2^31-1; default 10 000. */
  readonly everyMs?: number | undefined;
  /** Milliseconds that a run may take, 1 to 2^31-1; default 1 000. */
  readonly timeoutMs?: number | undefined;
  /** Failed runs in a row after which it fails, 1 or more; default 2. */
  readonly failures?: number | undefined;
  /** Good runs in a row after which it passes again, 1 or more; default 1. */
  readonly successes?: number | undefined;
  /**
   * What it does while it fails: `'ready'`, the default, fails readiness; `'write'` sets the hold
   * `unhealthy`; `'nothing'` is only shown.
   */
  readonly affects?: CheckEffect | undefined;
}

/** {@link CheckOptions} after the check, defaults filled in. */
export type Checked = { readonly [K in keyof CheckOptions]-?: NonNullable<CheckOptions[K]> };

/** All but its name and what it runs. */
type Terms = Omit<CheckOptions, 'name' | 'run'>;

/** What cannot be done, in messages. */
export const ACTION = 'add the check';

/** The names of {@link Terms}. */
export const TERMS: readonly string[] = [
  'everyMs',
  'timeoutMs',
  'failures',
  'successes',
  'affects',
];

/** @throws {LifecycleError} `invalid_argument` */
export function checkOptions(options: CheckOptions): Checked {
  checkKeys(ACTION, options, ['name', 'run', ...TERMS]);
  const { name, run } = options;
  const isName = typeof name === 'string' && name !== '' && utf8Length(name) <= CHECK_NAME_BYTES;
  must(isName, ACTION, `name must have 1 to ${CHECK_NAME_BYTES} UTF-8 bytes`, name);
  must(typeof run === 'function', ACTION, 'run must be a function', run);
  // Bound, because a check may be an object with a method.
  return { name, run: run.bind(options), ...checkTerms(ACTION, options) };
}

/**
 * When it runs, and what its runs come to.
 *
 * @param action what cannot be done, as in `Cannot add the check: …`
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkTerms(action: string, terms: Terms): Omit<Checked, 'name' | 'run'> {
  const { affects = 'ready', everyMs = 10_000, timeoutMs = 1_000 } = terms;
  const { failures = 2, successes = 1 } = terms;
  const isEffect = EFFECT_NAMES.includes(affects);
  must(isEffect, action, "affects must be 'ready', 'write' or 'nothing'", affects);
  for (const [key, ms] of Object.entries({ everyMs, timeoutMs })) {
    must(isWithin(ms, 1, TIMER_MAX_MS), action, `${key} must be from 1 to ${TIMER_MAX_MS}`, ms);
  }
  for (const [key, runs] of Object.entries({ failures, successes })) {
    must(isWhole(runs, 1), action, `${key} must be an integer of at least 1`, runs);
  }
  return { affects, everyMs, timeoutMs, failures, successes };
}
