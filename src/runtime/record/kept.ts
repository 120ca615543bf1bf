/**
 * Where a record is kept: what a file and a store of the application have in common, and the store.
 * The contents are in `lines.ts`.
 *
 * @module
 */

import { isThenable } from '../../lifecycle/thenable.ts';

/** Where the record of a run is kept, if not in a file: a row of a database, an annotation. */
export interface RecordStore {
  /** The text that was written last; `null` or `undefined` if none was. Called once, at the boot. */
  read(): string | null | undefined | Promise<string | null | undefined>;
  /**
   * Puts the text, which is the whole record so far, in place of the last one, in one step. A promise
   * is waited for before the next call, which then has the newest text.
   */
  write(text: string): unknown;
}

/** A place for one record. Each call may throw. */
export interface Kept {
  /** The file, if it is one. */
  readonly path?: string | undefined;
  read(): string | null | undefined | PromiseLike<string | null | undefined>;
  /** @param all the record with the new line at its end */
  write(all: string, line: string): void;
  /** Resolves when all is written; `undefined` if it is. Never rejects. */
  settled(): Promise<void> | undefined;
  close(): void;
}

/** A store of the application. */
export class KeptInStore implements Kept {
  readonly #store: RecordStore;
  readonly #failed: (error: unknown) => void;
  #next: string | undefined;
  #writing: Promise<void> | undefined;

  /** @param failed hears what a promise of the store rejects with */
  constructor(store: RecordStore, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  read(): string | null | undefined | PromiseLike<string | null | undefined> {
    return this.#store.read();
  }

  /** At once where the store is synchronous; else one after the other, the newest text last. */
  write(all: string): void {
    if (this.#writing !== undefined) {
      this.#next = all;
      return;
    }
    const written: unknown = this.#store.write(all);
    if (isThenable(written)) this.#writing = this.#follow(written);
  }

  settled(): Promise<void> | undefined {
    return this.#writing;
  }

  close(): void {}

  async #follow(first: PromiseLike<unknown>): Promise<void> {
    for (let written: unknown = first; ; ) {
      try {
        await written;
        const next = this.#next;
        this.#next = undefined;
        if (next === undefined) break;
        written = this.#store.write(next);
      } catch (error) {
        this.#failed(error);
        if (this.#next === undefined) break;
        // It is not lost on the next one.
        written = undefined;
      }
    }
    this.#writing = undefined;
  }
}
