/**
 * The bounds: what the code must reach, as ratios of two medians of one run on one machine, never as
 * times. Where a runtime does not reach one, the bound that it is held to is written here with the
 * reason; `bench/README.md` shows the profiles.
 *
 * @module
 */

import type { PointKey } from './results.ts';

/** A point without its runtime: both sides are of the same. */
export type Side = Omit<PointKey, 'runtime'>;

/** One ratio and its bound. */
export interface Bound {
  readonly name: string;
  readonly above: Side;
  readonly below: Side;
  /** What is promised: at most this, or at least. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Runtimes that miss it: what they are held to instead, and why. */
  readonly missed?: Readonly<Record<string, { readonly bound: number; readonly why: string }>>;
}

const call = (name: string, variant: string): Side => ({ part: 'calls', case: name, variant });
const control = (name: string): Side => call(name, 'control');

/** Calls whose bare operations are listed in `cases/calls.ts`, and which a program makes often. */
const RIVAL_CALLS = [
  'phase',
  'startedAtMs',
  'readyAtMs',
  'mark, set before',
  'mark',
  'backfill',
  'markReady',
  'markDraining',
  'beginShutdown',
  'writeRefusal',
  'write permit',
];

/** What is one 64-bit word, or several. */
const WORD_CALLS = [
  'startedAtMs',
  'readyAtMs',
  'mark, set before',
  'mark',
  'backfill',
  'markReady',
  'markDraining',
  'beginShutdown',
];

/** All bounds. */
export const BOUNDS: readonly Bound[] = [
  ...RIVAL_CALLS.map(
    (name): Bound => ({
      name: `${name}: atomics backend / its bare Atomics operations`,
      above: call(name, 'atomics'),
      below: call(name, 'bare'),
      atMost: 1.3,
    }),
  ),
  ...['phase', 'writeRefusal'].map(
    (name): Bound => ({
      name: `${name}: wasm backend / a bare wasm load`,
      above: call(name, 'wasm'),
      below: control('wasm load'),
      atMost: 1.3,
    }),
  ),
  ...WORD_CALLS.map(
    (name): Bound => ({
      name: `${name}: wasm backend / atomics backend`,
      above: call(name, 'wasm'),
      below: call(name, 'atomics'),
      atMost: 0.25,
    }),
  ),
  {
    name: 'a mark that is set / Date.now()',
    above: call('mark, set before', 'wasm'),
    below: control('Date.now'),
    atMost: 0.25,
  },
  ...['coldStartPhases', 'coldStartPhases, all set'].map(
    (name): Bound => ({
      name: `${name}: wasm backend / atomics backend`,
      above: call(name, 'wasm'),
      below: call(name, 'atomics'),
      atMost: 0.25,
    }),
  ),
  {
    name: 'a write permit / two bare wasm CAS',
    above: call('write permit', 'wasm'),
    below: control('two wasm CAS'),
    atMost: 1.5,
  },
  {
    name: 'a write permit on 2 threads / on one, for each of them',
    above: { part: 'contended', case: 'write permit', variant: 'wasm', size: 2 },
    below: { part: 'contended', case: 'write permit', variant: 'wasm', size: 1 },
    atMost: 1.3,
  },
  {
    name: '/health/ready: requests a second / a constant body',
    above: { part: 'http', case: 'a request', variant: 'health' },
    below: { part: 'http', case: 'a request', variant: 'constant body' },
    atLeast: 0.9,
  },
  ...['waitFor', 'waitForSync'].map(
    (variant): Bound => ({
      name: `a wake-up by ${variant} / by postMessage`,
      above: { part: 'wakeup', case: 'another thread', variant },
      below: { part: 'wakeup', case: 'another thread', variant: 'postMessage' },
      atMost: 0.5,
    }),
  ),
];
