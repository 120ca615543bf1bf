/**
 * The staging area of a member: strings (cut to UTF-8 that ends at a code point) and numbers, on
 * their way to and from the core. Which bytes belong to whom, and when they may be touched, is
 * decided by the core (`assembly/texts.ts`).
 *
 * The place is shared memory: a slow reader of a reason may still look at it while its owner fills
 * it for the next call. So both go by whole words and by `Atomics`, as all code does that touches
 * the memory, and what was read is looked at in a copy (docs/proof.md).
 *
 * @module
 */

import { TEXT_SIZE } from '../../assembly/layout.ts';

/** Writes to, and reads from, the staging place of a member. Offsets are from its start, in whole words. */
export class Staging {
  readonly #buffer: ArrayBufferLike;
  readonly #address: () => number;

  /** @param address asked at every use: it changes with every reason, and throws once detached */
  constructor(buffer: ArrayBufferLike, address: () => number) {
    this.#buffer = buffer;
    this.#address = address;
  }

  /** A copy of the place as numbers, which are little-endian as in WebAssembly. */
  numbers(): DataView {
    return new DataView(this.#copyOf(0, TEXT_SIZE));
  }

  /** Puts an integer of 32 bits. */
  putWord(offset: number, value: number): void {
    this.#store(offset, Int32Array.of(value));
  }

  /** Puts a number of 64 bits. */
  putNumber(offset: number, value: number): void {
    this.#store(offset, new Int32Array(Float64Array.of(value).buffer));
  }

  /**
   * Puts the longest prefix of at most `most` UTF-8 bytes, zero-padded to a word. Lone surrogates
   * become U+FFFD.
   *
   * @returns the bytes written, without the padding; -1 if there is no text
   * @see https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
   */
  put(text: string | null | undefined, most: number, offset: number = 0): number {
    if (typeof text !== 'string') return -1;
    const copy = new Uint8Array(TEXT_SIZE);
    const { written } = new TextEncoder().encodeInto(text, copy.subarray(0, most));
    this.#store(offset, new Int32Array(copy.buffer, 0, (written + 3) >> 2));
    return written;
  }

  /** The string of `length` bytes; `null` if that is negative. */
  get(length: number, offset: number = 0): string | null {
    if (length < 0) return null;
    const copy = new Uint8Array(this.#copyOf(offset, length), 0, length);
    // With ignoreBOM a leading U+FEFF is text like any other.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(copy);
  }

  #store(offset: number, values: Int32Array): void {
    const words = this.#words();
    for (const [index, value] of values.entries())
      Atomics.store(words, (offset >> 2) + index, value);
  }

  #copyOf(offset: number, length: number): ArrayBuffer {
    const words = this.#words();
    const copy = new Int32Array((length + 3) >> 2);
    for (const index of copy.keys()) copy[index] = Atomics.load(words, (offset >> 2) + index);
    return copy.buffer;
  }

  #words(): Int32Array {
    return new Int32Array(this.#buffer, this.#address(), TEXT_SIZE / 4);
  }
}

/** The UTF-8 length of a string. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
