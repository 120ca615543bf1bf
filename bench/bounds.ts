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
  /** Absent where `above` is a ratio already, measured by pairs. */
  readonly below?: Side;
  /** What is promised: at most this, or at least. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Runtimes that miss it, `*` for those that are not named: what they are held to instead. */
  readonly missed?: Readonly<Record<string, Instead>>;
}

/** Another bound, and why it is not the promised one. */
export interface Instead {
  readonly bound: number;
  readonly why: string;
}

const call = (name: string, variant: string): Side => ({ part: 'calls', case: name, variant });
const control = (name: string): Side => call(name, 'control');

/** Calls whose bare operations are listed in `cases/calls.ts`, and which a program makes often. */
const RIVAL_CALLS = [
  'phase',
  'startedAtMs',
  'readyAtMs',
  'mark set before',
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
  'mark set before',
  'mark',
  'backfill',
  'markReady',
  'markDraining',
  'beginShutdown',
];

const V8_CARRIER =
  'beside the operations it puts BigInts together and takes them apart, 2 to 5 ns each on V8';
const PRIMITIVES =
  'the primitives are nearer than that: one wasm load / one 64-bit Atomics.load is 0.3 to 0.45';
const MOVES =
  'two thirds of a move are the two swaps and the notify, which cost the same on both sides';
const LOOKS =
  'what is new is looked for, and nothing is made while nothing is: what is left are the loads, and a way to them that both have';
const JSC_LOADS =
  'JavaScriptCore loads atomically by a locked operation, which costs as much as a swap and takes the line';
const FUTEX = 'the futex alone (Atomics.waitAsync) takes as long as a message';

/** Held to `others` on V8, and to `bun` on Bun, if it misses the bound too. */
function missed(why: string, others: number, bun?: number): Readonly<Record<string, Instead>> {
  return {
    '*': { bound: others, why },
    ...(bun === undefined ? {} : { bun: { bound: bun, why } }),
  };
}

/** Held to this on Bun only. */
function missedOnBun(why: string, bound: number): Readonly<Record<string, Instead>> {
  return { bun: { bound, why } };
}

/** What the calls of the atomics backend are held to instead. */
const RIVALS_HELD: Readonly<Record<string, Readonly<Record<string, Instead>>>> = {
  phase: missed(V8_CARRIER, 1.8),
  startedAtMs: missed(V8_CARRIER, 2.4),
  readyAtMs: missed(V8_CARRIER, 2.4),
  'mark set before': missed(V8_CARRIER, 2.5),
  mark: missed(V8_CARRIER, 4.5, 1.8),
  backfill: missed(V8_CARRIER, 2.7, 2),
  markReady: missed(V8_CARRIER, 1.8),
  markDraining: missed(V8_CARRIER, 1.8),
  beginShutdown: missed(V8_CARRIER, 1.8),
  'write permit': missed(V8_CARRIER, 1.75),
};

/** What the wasm backend is held to instead, against the atomics backend. */
const WORDS_HELD: Readonly<Record<string, Readonly<Record<string, Instead>>>> = {
  startedAtMs: missed(PRIMITIVES, 0.36, 0.45),
  readyAtMs: missed(PRIMITIVES, 0.55, 0.45),
  'mark set before': missed(PRIMITIVES, 0.6, 0.5),
  mark: missed(PRIMITIVES, 0.7, 0.45),
  backfill: missed(PRIMITIVES, 0.7, 0.45),
  markReady: missed(MOVES, 0.75, 0.55),
  markDraining: missed(MOVES, 0.75, 0.55),
  beginShutdown: missed(MOVES, 0.8, 0.55),
};

/** Why servers miss what is promised. They are held to a little less than was reached. */
const NODE_EVENTS =
  "half of the rest is a listener for the end of each response, by which a permit is given back, and Node's own work for it";
const NODE_LIGHT =
  'a close listener, a permit and the look at what may be sent are not in the other one';
const NODE_NATIVE =
  'nine tenths are the native Response and its body, which both read by public means';
const OWN_HEADERS =
  'the heads of request (Deno) and response are made only when they are read, and host, coding and type are read here';

/** Servers, and how quick they are at least beside others; what is held where that is missed. */
const SPEEDS: readonly (readonly [
  variant: string,
  beside: string,
  atLeast: number,
  question?: string,
  missed?: Readonly<Record<string, Instead>>,
])[] = [
  ['listener', 'bare node:http', 0.93, 'GET', missed(NODE_EVENTS, 0.82)],
  ['/health/ready', 'bare node:http', 0.9, 'GET', missed(NODE_EVENTS, 0.8)],
  ['/health/ready of the probe thread', 'bare node:http', 0.9, 'GET', missed(NODE_EVENTS, 0.8)],
  ['native Response', 'srvx, native Response', 1, 'GET', missed(NODE_NATIVE, 0.85)],
  ['FastResponse of srvx', '@hono/node-server', 1, 'GET', missed(NODE_LIGHT, 0.88)],
  [
    'FastResponse of srvx',
    '@hono/node-server',
    1,
    'POST of 1 KB of JSON',
    missed(NODE_LIGHT, 0.93),
  ],
  ['FastResponse of srvx', '@hono/node-server', 1, 'GET of 100 KB', missed(NODE_LIGHT, 0.88)],
  ['FastResponse of srvx', '@hono/node-server', 1, 'POST of 1 MB', missed(NODE_LIGHT, 0.93)],
  [
    'FastResponse of srvx',
    '@hono/node-server',
    1,
    'event stream of 1,000 events',
    missed(NODE_LIGHT, 0.9),
  ],
  ['native Response', "the runtime's own", 0.95, 'GET', missed(OWN_HEADERS, 0.65, 0.7)],
  ...['Hono', 'h3', 'Express', 'Fastify'].map(
    (name) => [`${name} with the probes`, `${name} alone`, 0.9, 'GET of a route'] as const,
  ),
];

/** All bounds. */
export const BOUNDS: readonly Bound[] = [
  ...RIVAL_CALLS.map(
    (name): Bound => ({
      name: `${name}: atomics backend / its bare Atomics operations`,
      above: call(name, 'atomics'),
      below: call(name, 'bare'),
      atMost: 1.3,
      missed: RIVALS_HELD[name] ?? {},
    }),
  ),
  ...['phase', 'writeRefusal'].map(
    (name): Bound => ({
      name: `${name}: wasm backend / a bare wasm load`,
      above: call(name, 'wasm'),
      below: control('wasm load'),
      atMost: 1.3,
      missed:
        name === 'phase'
          ? missed('half a nanosecond for the way through the object to the core', 1.7)
          : missedOnBun(`it loads two words, and ${JSC_LOADS}`, 2.4),
    }),
  ),
  ...WORD_CALLS.map(
    (name): Bound => ({
      name: `${name}: wasm backend / atomics backend`,
      above: call(name, 'wasm'),
      below: call(name, 'atomics'),
      atMost: 0.25,
      missed: WORDS_HELD[name] ?? {},
    }),
  ),
  {
    name: 'a mark that is set / Date.now()',
    above: call('mark set before', 'wasm'),
    below: control('Date.now'),
    atMost: 0.25,
    missed: missedOnBun(JSC_LOADS, 0.4),
  },
  ...['coldStartPhases', 'coldStartPhases all set'].map(
    (name): Bound => ({
      name: `${name}: wasm backend / atomics backend`,
      above: call(name, 'wasm'),
      below: call(name, 'atomics'),
      atMost: 0.25,
      missed: missed(LOOKS, name === 'coldStartPhases' ? 0.85 : 2),
    }),
  ),
  {
    name: 'a write permit / two bare wasm CAS',
    above: call('write permit', 'wasm'),
    below: control('two wasm CAS'),
    atMost: 1.5,
    missed: missedOnBun(`it loads seven times, and ${JSC_LOADS}`, 5.8),
  },
  {
    name: 'a write permit on 2 threads / on one, for each of them',
    above: { part: 'contended', case: 'write permit', variant: 'wasm', size: 2 },
    below: { part: 'contended', case: 'write permit', variant: 'wasm', size: 1 },
    atMost: 1.3,
    missed: missedOnBun(JSC_LOADS, 4),
  },
  ...SPEEDS.map(
    ([variant, beside, atLeast, question = 'GET', missed = {}]): Bound => ({
      name: `${question}: ${variant}, speed / ${beside}`,
      above: { part: 'http', case: `${question}: speed / ${beside}`, variant },
      atLeast,
      missed,
    }),
  ),
  ...['waitFor', 'waitForSync'].map(
    (variant): Bound => ({
      name: `a wake-up by ${variant} / by postMessage`,
      above: { part: 'wakeup', case: 'another thread', variant },
      below: { part: 'wakeup', case: 'another thread', variant: 'postMessage' },
      atMost: 0.5,
      missed: missed(FUTEX, 2.2, 2.8),
    }),
  ),
];
