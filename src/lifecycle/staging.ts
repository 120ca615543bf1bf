/**
 * The staging area of a member: strings (cut to UTF-8 that ends at a code point) and numbers, on
 * their way to and from the core. Which bytes belong to whom, and when they may be touched, is
 * decided by the core (`assembly/texts.ts`).
 *
 * @module
 */

import { TEXT_SIZE } from '../../assembly/layout.ts';

/** Writes to, and reads from, the staging place of a member. Offsets are from its start. */
export class Staging {
  readonly #buffer: ArrayBufferLike;
  readonly #address: () => number;

  /** @param address asked at every use: it changes with every reason, and throws once detached */
  constructor(buffer: ArrayBufferLike, address: () => number) {
    this.#buffer = buffer;
    this.#address = address;
  }

  /** The place as numbers, which are little-endian as in WebAssembly. */
  numbers(): DataView {
    return new DataView(this.#buffer, this.#address(), TEXT_SIZE);
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
    // Browsers refuse to encode into, or decode from, shared memory, so both go through a copy.
    const copy = new Uint8Array(TEXT_SIZE);
    const { written } = new TextEncoder().encodeInto(text, copy.subarray(0, most));
    const place = new Uint8Array(this.#buffer, this.#address() + offset);
    place.set(copy.subarray(0, (written + 3) & ~3));
    return written;
  }

  /** The string of `length` bytes; `null` if that is negative. */
  get(length: number, offset: number = 0): string | null {
    if (length < 0) return null;
    const copy = new Uint8Array(this.#buffer, this.#address() + offset, length).slice();
    // With ignoreBOM a leading U+FEFF is text like any other.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(copy);
  }
}

/** The UTF-8 length of a string. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
