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

const V8_CARRIER =
  'in addition to the operations it puts BigInts together and takes them apart, 2 to 5 ns each on V8';
const PRIMITIVES =
  'the primitives are closer than that: one wasm load / one 64-bit Atomics.load is 0.3 to 0.45';
const MOVES =
  'two thirds of a move are the two swaps and the notify, which cost the same on both sides';
const LOOKS =
  'it looks for what is new and makes nothing: the loads are left, and the way to them, which both backends have';
const JSC_LOADS =
  'JavaScriptCore loads atomically by a locked operation, which costs as much as a swap and takes the line';
const FUTEX = 'the futex alone (Atomics.waitAsync) takes as long as a message';

type Held = Readonly<Record<string, Instead>>;

/** Held to `others` on V8, and to `bun` on Bun, if it misses the bound too. */
const missed = (why: string, others: number, bun?: number): Held => ({
  '*': { bound: others, why },
  ...(bun === undefined ? {} : { bun: { bound: bun, why } }),
});

/** Held to this on Bun only. */
const missedOnBun = (why: string, bound: number): Held => ({ bun: { bound, why } });

/**
 * Calls that a program makes often, and what they are held to where they miss the bounds: the atomics
 * backend ÷ its bare operations (`bare`), and the wasm backend ÷ the atomics backend (`words`).
 */
const CALLS: readonly (readonly [name: string, held: { bare?: Held; words?: Held }])[] = [
  ['phase', { bare: missed(V8_CARRIER, 1.8) }],
  ['startedAtMs', { bare: missed(V8_CARRIER, 2.4), words: missed(PRIMITIVES, 0.36, 0.45) }],
  ['readyAtMs', { bare: missed(V8_CARRIER, 2.4), words: missed(PRIMITIVES, 0.55, 0.45) }],
  ['mark set before', { bare: missed(V8_CARRIER, 2.5), words: missed(PRIMITIVES, 0.6, 0.5) }],
  ['mark', { bare: missed(V8_CARRIER, 4.5, 1.8), words: missed(PRIMITIVES, 0.7, 0.45) }],
  ['backfill', { bare: missed(V8_CARRIER, 2.7, 2), words: missed(PRIMITIVES, 0.7, 0.45) }],
  ['markReady', { bare: missed(V8_CARRIER, 1.8), words: missed(MOVES, 0.75, 0.55) }],
  ['markDraining', { bare: missed(V8_CARRIER, 1.8), words: missed(MOVES, 0.75, 0.55) }],
  ['beginShutdown', { bare: missed(V8_CARRIER, 1.8), words: missed(MOVES, 0.8, 0.55) }],
  ['writeRefusal', { bare: {} }],
  ['write permit', { bare: missed(V8_CARRIER, 1.75) }],
  ['coldStartPhases', { words: missed(LOOKS, 0.85) }],
  ['coldStartPhases all set', { words: missed(LOOKS, 2) }],
];

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
  missed?: Held,
])[] = [
  ['listener', 'bare node:http', 0.93, 'GET', missed(NODE_EVENTS, 0.9)],
  ['/health/ready', 'bare node:http', 0.9, 'GET', missed(NODE_EVENTS, 0.85)],
  ['/health/ready of the probe thread', 'bare node:http', 0.9, 'GET', missed(NODE_EVENTS, 0.85)],
  ['native Response', 'srvx, native Response', 1, 'GET', missed(NODE_NATIVE, 0.9)],
  ['FastResponse of srvx', '@hono/node-server', 1, 'GET', missed(NODE_LIGHT, 0.91)],
  [
    'FastResponse of srvx',
    '@hono/node-server',
    1,
    'POST of 1 KB of JSON',
    missed(NODE_LIGHT, 0.93),
  ],
  ['FastResponse of srvx', '@hono/node-server', 1, 'GET of 100 KB', missed(NODE_LIGHT, 0.9)],
  ['FastResponse of srvx', '@hono/node-server', 1, 'POST of 1 MB', missed(NODE_LIGHT, 0.93)],
  [
    'FastResponse of srvx',
    '@hono/node-server',
    1,
    'event stream of 1,000 events',
    missed(NODE_LIGHT, 0.9),
  ],
  ['native Response', "the runtime's own", 0.95, 'GET', missed(OWN_HEADERS, 0.68, 0.75)],
  ...['Hono', 'h3', 'Express', 'Fastify'].map(
    (name) => [`${name} with the probes`, `${name} alone`, 0.9, 'GET of a route'] as const,
  ),
];

const permitOn = (size: number): Side => ({
  part: 'contended',
  case: 'write permit',
  variant: 'wasm',
  size,
});
const wakeUp = (variant: string): Side => ({ part: 'wakeup', case: 'another thread', variant });

type AtMost = readonly [name: string, above: Side, below: Side, atMost: number, missed: Held];

const COSTS: readonly AtMost[] = [
  ...CALLS.flatMap(([name, { bare }]): AtMost[] => {
    const title = `${name}: atomics backend / its bare Atomics operations`;
    return bare ? [[title, call(name, 'atomics'), call(name, 'bare'), 1.3, bare]] : [];
  }),
  [
    'phase: wasm backend / a bare wasm load',
    call('phase', 'wasm'),
    control('wasm load'),
    1.3,
    missed('half a nanosecond for the way through the object to the core', 1.7),
  ],
  [
    'writeRefusal: wasm backend / a bare wasm load',
    call('writeRefusal', 'wasm'),
    control('wasm load'),
    1.3,
    missedOnBun(`it loads two words, and ${JSC_LOADS}`, 2.4),
  ],
  ...CALLS.flatMap(([name, { words }]): AtMost[] => {
    const title = `${name}: wasm backend / atomics backend`;
    return words ? [[title, call(name, 'wasm'), call(name, 'atomics'), 0.25, words]] : [];
  }),
  [
    'a mark that is set / Date.now()',
    call('mark set before', 'wasm'),
    control('Date.now'),
    0.25,
    missedOnBun(JSC_LOADS, 0.4),
  ],
  [
    'a write permit / two bare wasm CAS',
    call('write permit', 'wasm'),
    control('two wasm CAS'),
    1.5,
    missedOnBun(`it loads seven times, and ${JSC_LOADS}`, 5.8),
  ],
  [
    'a write permit on 2 threads / on one, for each of them',
    permitOn(2),
    permitOn(1),
    1.3,
    missedOnBun(JSC_LOADS, 4),
  ],
  ...['waitFor', 'waitForSync'].map((variant): AtMost => {
    const title = `a wake-up by ${variant} / by postMessage`;
    return [title, wakeUp(variant), wakeUp('postMessage'), 0.5, missed(FUTEX, 2.2, 2.8)];
  }),
];

/** All bounds. */
export const BOUNDS: readonly Bound[] = [
  ...COSTS.map(([name, above, below, atMost, held]): Bound => {
    return { name, above, below, atMost, missed: held };
  }),
  ...SPEEDS.map(
    ([variant, beside, atLeast, question = 'GET', missed = {}]): Bound => ({
      name: `${question}: ${variant}, speed / ${beside}`,
      above: { part: 'http', case: `${question}: speed / ${beside}`, variant },
      atLeast,
      missed,
    }),
  ),
];
