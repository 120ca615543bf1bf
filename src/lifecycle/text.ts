/**
 * Strings in the memory: cut to UTF-8 that ends at a code point, staged, and read back. Which
 * bytes are whose, and when they may be touched, is the core's business (`assembly/texts.ts`).
 *
 * @module
 */

import { TEXT_SIZE } from '../../assembly/layout.ts';

/** Writes strings to, and reads them from, the staging place of a member. */
export class TextChannel {
  readonly #bytes: Uint8Array;
  // Browsers refuse to encode into, or decode from, shared memory, so both go through a copy.
  readonly #copy: Uint8Array<ArrayBuffer> = new Uint8Array(TEXT_SIZE);
  readonly #encoder: TextEncoder = new TextEncoder();
  // With ignoreBOM a leading U+FEFF is text like any other.
  readonly #decoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(buffer: ArrayBufferLike) {
    this.#bytes = new Uint8Array(buffer);
  }

  /**
   * Puts the longest prefix of at most `most` UTF-8 bytes at `address`, zero-padded to a word.
   * Lone surrogates become U+FFFD.
   *
   * @returns the bytes written, without the padding
   * @see https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto
   */
  put(address: number, text: string, most: number): number {
    const { written } = this.#encoder.encodeInto(text, this.#copy.subarray(0, most));
    const padded = (written + 3) & ~3;
    this.#copy.fill(0, written, padded);
    this.#bytes.set(this.#copy.subarray(0, padded), address);
    return written;
  }

  /** The string of `length` bytes at `address`. */
  get(address: number, length: number): string {
    const copied = this.#copy.subarray(0, length);
    copied.set(this.#bytes.subarray(address, address + length));
    return this.#decoder.decode(copied);
  }

  /** A copy of `length` bytes at `address`, in memory that is not shared. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    const copied = new Uint8Array(length);
    copied.set(this.#bytes.subarray(address, address + length));
    return copied;
  }

  /** Puts bytes at `address`. */
  putBytes(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address);
  }
}

/** The UTF-8 length of a string. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
