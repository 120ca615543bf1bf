/**
 * What the program of a thread tells the judge, at the moment at which it happens.
 *
 * @module
 */

import type { ShutdownReport } from '../../../src/index.ts';

/** One thing that happened. */
export type Told =
  | { readonly type: 'joined'; readonly member: number; readonly incarnation: number }
  | { readonly type: 'transition'; readonly to: number }
  | {
      readonly type: 'event';
      readonly event: string;
      readonly step: string | null;
      readonly status: string | null;
    }
  | { readonly type: 'left' }
  | { readonly type: 'admitted' | 'refused' | 'released'; readonly kind: 'write' | 'query' }
  | { readonly type: 'returned'; readonly call: string; readonly value: unknown }
  | { readonly type: 'failed'; readonly call: string; readonly code: string }
  | { readonly type: 'asked'; readonly call: string; readonly failed: boolean }
  | { readonly type: 'report'; readonly report: ShutdownReport | null }
  | { readonly type: 'step_began'; readonly name: string; readonly ready: boolean }
  | { readonly type: 'step_done'; readonly name: string }
  | { readonly type: 'stage_began' | 'stage_ended'; readonly name: string }
  | { readonly type: 'finally'; readonly index: number }
  | { readonly type: 'logged'; readonly event: string };

/** Tells it. */
export type Tell = (told: Told) => void;
