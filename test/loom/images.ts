/**
 * Memory images: each different one exists once and has a number, so that states are compared by
 * numbers. An image holds the words that differ from the initial bytes, or were looked at.
 *
 * @module
 */

/** What is refused: an exploration that met it proves nothing. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A memory at one moment. */
export interface Image {
  readonly id: number;
  readonly words: ReadonlyMap<number, bigint>;
  /** Memoized successors, by address and value. */
  readonly next: Map<string, Image>;
  readonly hash: number;
}

/** All images that an exploration met. */
export class Images {
  readonly initial: Image;
  readonly #bytes: DataView;
  /** Where an image is written out, made when the first one is. */
  #page: DataView<ArrayBuffer> | undefined;
  readonly #byHash = new Map<number, Image[]>();
  readonly #widths = new Map<number, number>();
  #count = 0;

  /** @param bytes the initial memory, which nobody may change from now on */
  constructor(bytes: Uint8Array) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.initial = this.#intern(new Map(), 0);
  }

  get count(): number {
    return this.#count;
  }

  /** @throws {Refusal} if the word was accessed at another width, or is not aligned */
  read(image: Image, address: number, width: 4 | 8): bigint {
    this.#check(address, width);
    return image.words.get(address) ?? this.#initially(address, width);
  }

  write(image: Image, address: number, width: 4 | 8, value: bigint): Image {
    if (this.read(image, address, width) === value) return image;
    const key = `${address}:${value}`;
    const known = image.next.get(key);
    if (known !== undefined) return known;
    const words = new Map(image.words);
    let hash = image.hash;
    const before = words.get(address);
    if (before !== undefined) hash ^= hashOf(address, before);
    // Equal to the initial bytes is equal to never written.
    if (value === this.#initially(address, width)) {
      words.delete(address);
    } else {
      words.set(address, value);
      hash ^= hashOf(address, value);
    }
    const next = this.#intern(words, hash);
    image.next.set(key, next);
    return next;
  }

  /** The whole memory as bytes, for code that reads it in the ordinary way; good until the next call. */
  bytesOf(image: Image): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#page ??= new DataView(new ArrayBuffer(byteLength));
    const bytes = new Uint8Array(this.#page.buffer);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
    for (const [address, value] of image.words) {
      if (this.#widths.get(address) === 8) this.#page.setBigUint64(address, value, true);
      else this.#page.setUint32(address, Number(value), true);
    }
    return bytes;
  }

  #initially(address: number, width: number): bigint {
    return width === 8
      ? this.#bytes.getBigUint64(address, true)
      : BigInt(this.#bytes.getUint32(address, true));
  }

  #check(address: number, width: number): void {
    const known = this.#widths.get(address);
    if (known === width) return;
    const other = known ?? this.#widths.get(address - 4) ?? this.#widths.get(address + 4);
    const overlaps =
      known !== undefined ||
      this.#widths.get(address - 4) === 8 ||
      (width === 8 && this.#widths.has(address + 4));
    if (overlaps) {
      const at = `0x${address.toString(16)}`;
      throw new Refusal(`Two widths on one word: ${width} and ${other} bytes at ${at}`);
    }
    if (address % width !== 0) throw new Refusal(`Not aligned: 0x${address.toString(16)}`);
    this.#widths.set(address, width);
  }

  #intern(words: Map<number, bigint>, hash: number): Image {
    const alike = this.#byHash.get(hash) ?? [];
    const known = alike.find((image) => isEqual(image.words, words));
    if (known !== undefined) return known;
    const image: Image = { id: this.#count, words, next: new Map(), hash };
    this.#count += 1;
    alike.push(image);
    this.#byHash.set(hash, alike);
    return image;
  }
}

function isEqual(left: ReadonlyMap<number, bigint>, right: ReadonlyMap<number, bigint>): boolean {
  if (left.size !== right.size) return false;
  for (const [address, value] of left) if (right.get(address) !== value) return false;
  return true;
}

/** Exclusive-or of these is the same in whatever order the words were written. */
function hashOf(address: number, value: bigint): number {
  let hash = Math.imul(address ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ Number(value & 0xffff_ffffn), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15) ^ Number(value >> 32n), 0x27d4eb2f);
  return hash ^ (hash >>> 13);
}
