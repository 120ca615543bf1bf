/**
 * The words of the memory as JavaScript reaches them: one atomic operation a call, at byte offsets
 * as `assembly/layout.ts` has them, and the way between a 64-bit word and two 32-bit halves. It
 * knows no protocol.
 *
 * BigInt is only a carrier here, from one atomic operation to the next: it is compared, split into
 * halves and joined from them, never calculated with. A shift or a mask of a BigInt allocates
 * another one and costs as much as the atomic operation itself; a split costs 1-2 ns.
 *
 * @module
 */

/** The operations that are used; a model checker brings its own. */
export type AtomicsLike = Pick<
  Atomics,
  'load' | 'store' | 'add' | 'or' | 'and' | 'compareExchange' | 'notify' | 'wait'
>;

/** One operation each, at byte offsets. A 64-bit word is a signed BigInt, as wasm has it too. */
export interface Words {
  load32(at: number): number;
  store32(at: number, value: number): void;
  swap32(at: number, expected: number, value: number): number;
  add32(at: number, value: number): number;
  or32(at: number, value: number): number;
  and32(at: number, value: number): number;
  load64(at: number): bigint;
  store64(at: number, value: bigint): void;
  swap64(at: number, expected: bigint, value: bigint): bigint;
  add64(at: number, value: bigint): void;
  wake32(at: number): void;
  wait32(at: number, expected: number, timeoutMs: number): 'ok' | 'not-equal' | 'timed-out';
}

/** What the upper half of a word counts in. */
export const TWO_32 = 4_294_967_296;

/** Binds the operations to a buffer. Each word is only ever used at one of the two widths. */
export function wordsOf(buffer: ArrayBufferLike, atomics: AtomicsLike): Words {
  const { load, store, add, or, and, compareExchange, notify, wait } = atomics;
  const words32 = new Int32Array(buffer);
  const words64 = new BigInt64Array(buffer);
  return {
    load32: (at) => load(words32, at >> 2),
    store32: (at, value) => {
      store(words32, at >> 2, value);
    },
    swap32: (at, expected, value) => compareExchange(words32, at >> 2, expected, value),
    add32: (at, value) => add(words32, at >> 2, value),
    or32: (at, value) => or(words32, at >> 2, value),
    and32: (at, value) => and(words32, at >> 2, value),
    load64: (at) => load(words64, at >> 3),
    store64: (at, value) => {
      store(words64, at >> 3, value);
    },
    swap64: (at, expected, value) => compareExchange(words64, at >> 3, expected, value),
    add64: (at, value) => {
      add(words64, at >> 3, value);
    },
    wake32: (at) => {
      notify(words32, at >> 2);
    },
    wait32: (at, expected, timeoutMs) => wait(words32, at >> 2, expected, timeoutMs),
  };
}

// Private to this thread, and filled and read within one call: nothing here outlives an atomic
// operation.
const pair = new DataView(new ArrayBuffer(8));
const pair32 = new Int32Array(pair.buffer);
const pair64 = new BigInt64Array(pair.buffer);

// JavaScriptCore takes 10 ns to put a BigInt through an array and none through a DataView; V8
// before 13 (Node 20 and 22) has it the other way round. Where DataView knows Float16 it is fast.
const throughView = 'setFloat16' in DataView.prototype;

/** Both halves, signed: bits 0-31 first. They are good until the next word is split or joined. */
export const split: (word: bigint) => Int32Array = throughView
  ? (word) => {
      pair.setBigInt64(0, word, true);
      return pair32;
    }
  : (word) => {
      pair64[0] = word;
      return pair32;
    };

/** Bits 0-31, signed. */
export function low(word: bigint): number {
  return split(word)[0] as number;
}

/** Bits 32-63, signed. */
export function high(word: bigint): number {
  return split(word)[1] as number;
}

/** The word of two halves, of which only the lower 32 bits count. */
export const join: (high: number, low: number) => bigint = throughView
  ? (upper, lower) => {
      pair32[0] = lower;
      pair32[1] = upper;
      return pair.getBigInt64(0, true);
    }
  : (upper, lower) => {
      pair32[0] = lower;
      pair32[1] = upper;
      return pair64[0] as bigint;
    };

/** An unsigned word as a number, rounded once, as `f64.convert_i64_u` does. */
export function numberOf(word: bigint): number {
  const halves = split(word);
  return ((halves[1] as number) >>> 0) * TWO_32 + ((halves[0] as number) >>> 0);
}

/** Bits 0-31 of a number taken as an unsigned 64-bit integer, as `i64.trunc_sat_f64_u` does. */
export function lowOf(value: number): number {
  return value / TWO_32 < TWO_32 ? (value > 0 ? value | 0 : 0) : beyond(value);
}

/** Bits 32-63 of the same. */
export function highOf(value: number): number {
  const upper = value / TWO_32;
  return upper < TWO_32 ? (upper > 0 ? upper | 0 : 0) : beyond(value);
}

/** All bits of what is too large, none of what is not a number. */
function beyond(value: number): number {
  return value > 0 ? -1 : 0;
}
