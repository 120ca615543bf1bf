/**
 * The primitives that everything else is made of: an empty WebAssembly call, a load and a
 * compare-and-swap behind one, the same through `Atomics`, and the clock. They are the controls.
 *
 * @module
 */

import { MEMORY_BYTES, whyNotShared } from '../../src/core/memory.ts';
import { type Body, body, type Case, type Variant } from './case.ts';
import { keep, keep64, kept } from './sink.ts';

/** The bare module's exports. */
interface Bare {
  /** Does nothing: the price of the border. */
  empty(): void;
  /** One 64-bit atomic load, its lower half returned. */
  load(): number;
  /** One 64-bit compare-and-swap of 0 for 0, which succeeds. */
  cas(): number;
}

const I32 = 0x7f;
const FUNC = 0x60;
const END = 0x0b;

/** A section, a name or a body: anything that says its length first (all are below 128 bytes). */
function sized(...bytes: readonly number[]): number[] {
  return [bytes.length, ...bytes];
}

function text(ascii: string): number[] {
  return sized(...Array.from(ascii, (character) => character.charCodeAt(0)));
}

/**
 * The module in the binary format: three functions over `env.memory`, one page, shared or not. By
 * hand, so that what is compared with is nothing but these instructions.
 *
 * @see https://webassembly.github.io/spec/core/binary/modules.html
 * @see https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md
 */
export function bareModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const empty = sized(0, END);
  // i32.const 0; i64.atomic.load align=3 offset=0; i32.wrap_i64
  const load = sized(0, 0x41, 0, 0xfe, 0x11, 3, 0, 0xa7, END);
  // i32.const 0; i64.const 0; i64.const 0; i64.atomic.rmw.cmpxchg align=3 offset=0; i32.wrap_i64
  const cas = sized(0, 0x41, 0, 0x42, 0, 0x42, 0, 0xfe, 0x49, 3, 0, 0xa7, END);
  const exported = (name: string, index: number): number[] => [...text(name), 0, index];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized(2, FUNC, 0, 0, FUNC, 0, 1, I32)],
    ...[2, ...sized(1, ...text('env'), ...text('memory'), 2, shared ? 3 : 1, 1, 1)],
    ...[3, ...sized(3, 0, 1, 1)],
    ...[7, ...sized(3, ...exported('empty', 0), ...exported('load', 1), ...exported('cas', 2))],
    ...[10, ...sized(3, ...empty, ...load, ...cas)],
  ]);
}

/**
 * The bare module where a runtime compiles no bytes: an isolate imports it, and leaves it here. It is
 * a `WebAssembly.Module`, which not everybody who compiles against these types has a name for.
 */
export const imported: { bare?: unknown } = {};

/** An instance over memory of its own, of the kind that the lifecycles here have. */
function bare(): Bare {
  const shared = whyNotShared() === undefined;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const module = imported.bare ?? new WebAssembly.Module(bareModule(shared));
  const { exports } = new WebAssembly.Instance(module as WebAssembly.Module, { env: { memory } });
  // The three exports above; WebAssembly's types know no module's own.
  return exports as unknown as Bare;
}

/** Zeroed words, as many as a lifecycle has and of the same kind. */
export function words(): { readonly words32: Int32Array; readonly words64: BigInt64Array } {
  const shared = whyNotShared() === undefined;
  const buffer = shared ? new SharedArrayBuffer(MEMORY_BYTES) : new ArrayBuffer(MEMORY_BYTES);
  return { words32: new Int32Array(buffer), words64: new BigInt64Array(buffer) };
}

const CONTROLS: readonly (readonly [name: string, what: string, make: () => Body])[] = [
  [
    'empty function',
    'a JavaScript function that stores a number: the harness itself',
    () => () => keep(1),
  ],
  ['wasm call', 'an empty WebAssembly function', ({ empty } = bare()) => body(() => empty())],
  [
    'wasm load',
    'a WebAssembly function with one i64.atomic.load',
    ({ load } = bare()) => body(() => keep(load())),
  ],
  [
    'wasm CAS',
    'a WebAssembly function with one i64.atomic.rmw.cmpxchg',
    ({ cas } = bare()) => body(() => keep(cas())),
  ],
  [
    'two wasm CAS',
    'two calls of it, one after the other',
    ({ cas } = bare()) =>
      body(() => {
        kept[0] = cas();
        kept[0] = cas();
      }),
  ],
  [
    'Atomics.load 32',
    'one Atomics.load of an Int32Array',
    ({ words32 } = words()) => body(() => keep(Atomics.load(words32, 0))),
  ],
  [
    'Atomics.load 64',
    'one Atomics.load of a BigInt64Array',
    ({ words64 } = words()) => body(() => keep64(Atomics.load(words64, 0))),
  ],
  [
    'Atomics.compareExchange 64',
    'one Atomics.compareExchange of a BigInt64Array',
    ({ words64 } = words()) => body(() => keep64(Atomics.compareExchange(words64, 0, 0n, 0n))),
  ],
  ['Date.now', 'one look at the wall clock', () => () => keep(Date.now())],
];

/** The primitives as cases. */
export const primitives: readonly Case[] = CONTROLS.map(([name, what, make]) => ({
  name,
  group: 'control',
  what,
  variants: ['control'],
  isAsync: false,
  make: (variant: Variant) => {
    if (variant !== 'control') throw new RangeError(`Cannot make ${name}: it is a control`);
    return make();
  },
}));
