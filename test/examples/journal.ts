/**
 * What clients know of the documents they wrote: for each id what was acknowledged last, and what
 * was sent after it without an answer. After a crash either may be there, and nothing else.
 *
 * @module
 */

interface Entry {
  /** `undefined`: no such document. */
  acknowledged: string | undefined;
  /** Sent, and not answered; only the last one counts, as a client waits for each answer. */
  pending: { readonly text: string | undefined } | undefined;
}

/** The journal of all clients; each id belongs to one client. */
export class Journal {
  acknowledged = 0;
  readonly #entries: Map<string, Entry> = new Map();

  get ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** The client is about to ask for `text`, or for a removal. */
  sends(id: string, text: string | undefined): void {
    this.#entry(id).pending = { text };
  }

  /** It was answered with a success. */
  acknowledges(id: string): void {
    const entry = this.#entry(id);
    entry.acknowledged = entry.pending?.text;
    entry.pending = undefined;
    this.acknowledged += 1;
  }

  /** It was answered with a refusal, so it did not happen. */
  refuses(id: string): void {
    this.#entry(id).pending = undefined;
  }

  /** Compares with what is there, takes it over, and says what was lost or came from nowhere. */
  wrong(found: ReadonlyMap<string, string>): string[] {
    const wrong: string[] = [];
    for (const [id, entry] of this.#entries) {
      const text = found.get(id);
      const isRight = text === entry.acknowledged || (entry.pending && text === entry.pending.text);
      if (!isRight) wrong.push(`${id} is ${text}, acknowledged was ${entry.acknowledged}`);
      entry.acknowledged = text;
      entry.pending = undefined;
    }
    return wrong;
  }

  #entry(id: string): Entry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { acknowledged: undefined, pending: undefined };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}

/** Numbers in [0, 1) that a printed seed makes again (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
