/**
 * Steps of a shutdown, as a plan describes them: what they do, how long, and whether they heed the signal.
 * It runs on a simulated thread.
 *
 * @module
 */

import type { PipelineStep } from '../../../src/index.ts';
import type { Tell } from './told.ts';

/** One step. */
export interface StepPlan {
  readonly name: string;
  readonly at: 'accepted' | 'drained';
  /** `heeds` never ends by itself, but when its signal aborts; `hangs` does not even then. */
  readonly how: 'ok' | 'throws' | 'hangs' | 'heeds';
  readonly ms: number;
  readonly timeoutMs: number | null;
  readonly after: readonly string[] | null;
}

/** What the library is given. */
export function stepOf(plan: StepPlan, tell: Tell): PipelineStep {
  const { name, at, how, ms, timeoutMs, after } = plan;
  return {
    name,
    at,
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(after === null ? {} : { after }),
    run: async ({ signal, ready }) => {
      tell({ type: 'step_began', name, ready });
      if (ms > 0) await sleep(ms);
      if (how === 'hangs') await new Promise(() => {});
      if (how === 'heeds') {
        await new Promise<void>((_, reject) => {
          if (signal.aborted) reject(signal.reason);
          else signal.addEventListener('abort', () => reject(signal.reason));
        });
      }
      if (how === 'throws') throw new Error(`${name} broke`);
      tell({ type: 'step_done', name });
    },
  };
}

/** A sleep on this thread's own timers. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
