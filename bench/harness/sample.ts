/**
 * One body, measured by mitata: it batches what is quick, unrolls the loop, and compiles one loop for
 * each body, so that no call site is shared. What it gives is nanoseconds a call, one number a batch.
 *
 * @module
 */

import { measure } from 'mitata/src/lib.mjs';
import type { AsyncBody, Body } from '../cases/case.ts';
import { thinned } from './statistics.ts';

/** Samples kept of one round. */
export const SAMPLES = 64;

/** How long a body is measured, in milliseconds. */
export interface SampleOptions {
  readonly budgetMs?: number;
  /** Least number of samples, however slow the body is. */
  readonly least?: number;
}

/** Nanoseconds a call, ascending, at most {@link SAMPLES}. */
export async function sample(
  body: Body | AsyncBody,
  { budgetMs = 60, least = 12 }: SampleOptions = {},
): Promise<number[]> {
  const { samples } = await measure(body, {
    min_cpu_time: budgetMs * 1e6,
    min_samples: least,
    // Each body has a process of its own: there is no garbage of others to collect first.
    gc: false,
  });
  return thinned(samples, SAMPLES);
}
