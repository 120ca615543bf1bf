/**
 * The reader threads, as the main thread has them: it hands reads out, passes on what a dead reader
 * left, and starts another in its place. The thread itself is `reader.ts`.
 *
 * Threads cannot share a listening socket, so the main thread listens for all of them: it parses a
 * request and hands its address to a reader, which sends the bytes of the answer back, moved and not
 * copied. What takes time, the search and its JSON, is off the main loop, and the price is two
 * messages for each read.
 *
 * @module
 */

import { Worker } from 'node:worker_threads';
import { type Lifecycle, Phase } from 'tidegate';
import type { watchWorker } from 'tidegate/node';
import type { Answer } from './answer.ts';
import type { Order, ReaderData, ReaderMessage } from './reader.ts';
import type { Read } from './reads.ts';

/** What the readers need. */
export interface ReadersOptions {
  readonly lifecycle: Lifecycle;
  readonly count: number;
  /** The file of the database, which is open. */
  readonly database: string;
  /** Gives back what a dead worker had: its permits, its place. There are no workers where it is not. */
  readonly watch: typeof watchWorker | undefined;
  /** Answers on this thread: while there is no reader, and what several have died of or with. */
  readonly here: Read;
  readonly complain: (what: string, error: unknown) => void;
}

/** A read that waits for its answer. */
interface Pending {
  readonly address: string;
  readonly resolve: (answer: Answer) => void;
  /** How many readers have had it. */
  readonly tries: number;
}

interface Reader {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** How often it was looked at since it last answered, while it owed an answer. */
  looks: number;
  answered: number;
}

/** Beside the bundle, or beside the source. */
const PROGRAM = import.meta.url.endsWith('.ts') ? './reader.ts' : './reader.mjs';
/** A read that has met so many dying readers is answered by this thread, and by no third one. */
const TRIES_MAX = 2;
/** How often the readers are looked at. */
const LOOK_MS = 1_000;
/** A reader that owes answers and gives none is ended at so many looks: its exit frees what it had. */
const STUCK_LOOKS = 5;
/** A reader that dies without having answered anything would die again at once. */
const RETRY_MS = 500;

/** The readers of this process. */
export class Readers {
  readonly #options: ReadersOptions;
  readonly #ready: Set<Reader> = new Set();
  #orders = 0;

  private constructor(options: ReadersOptions) {
    this.#options = options;
  }

  /**
   * Starts them, and resolves when all of them are ready.
   *
   * @throws what one of them failed with
   */
  static async start(options: ReadersOptions): Promise<Readers> {
    const readers = new Readers(options);
    await Promise.all(Array.from({ length: options.count }, () => readers.#start()));
    setInterval(() => readers.#endStuck(), LOOK_MS).unref();
    return readers;
  }

  /** Has a read answered by the reader that has the least to do; without one, by this thread. */
  async read(address: string): Promise<Answer> {
    return new Promise((resolve) => this.#hand({ address, resolve, tries: 0 }));
  }

  #hand({ address, resolve, tries }: Pending): void {
    const [reader] = [...this.#ready].sort((left, right) => left.pending.size - right.pending.size);
    if (reader === undefined) {
      resolve(this.#options.here(address));
      return;
    }
    const id = this.#orders++;
    reader.pending.set(id, { address, resolve, tries: tries + 1 });
    reader.worker.postMessage({ id, address } satisfies Order);
  }

  #start(): Promise<void> {
    const { lifecycle, database, watch, complain } = this.#options;
    const workerData: ReaderData = { handle: lifecycle.share(), database };
    const worker = new Worker(new URL(PROGRAM, import.meta.url), { workerData });
    // Its listener for the exit comes before ours: the permits are back before the reads go on.
    watch?.(lifecycle, worker);
    const reader: Reader = { worker, pending: new Map(), looks: 0, answered: 0 };
    return new Promise((resolve, reject) => {
      worker.on('message', (message: ReaderMessage) => {
        if (message !== 'ready') {
          this.#answered(reader, message);
          return;
        }
        this.#ready.add(reader);
        // It serves; it neither keeps the process alive nor ends it.
        worker.unref();
        resolve();
      });
      worker.once('error', (error) => {
        complain('A reader failed', error);
        reject(error);
      });
      worker.once('exit', () => {
        reject(new Error('A reader ended before it was ready'));
        this.#replace(reader);
      });
    });
  }

  #answered(reader: Reader, { id, answer }: Exclude<ReaderMessage, 'ready'>): void {
    reader.pending.get(id)?.resolve(answer);
    reader.pending.delete(id);
    reader.looks = 0;
    reader.answered += 1;
  }

  /**
   * Reads change nothing, so what a dead reader was at is asked again; a permit is not needed twice.
   * Readers that die one after the other are no fault of the client: in the end this thread answers.
   */
  #replace(reader: Reader): void {
    this.#ready.delete(reader);
    for (const pending of reader.pending.values()) {
      if (pending.tries < TRIES_MAX) this.#hand(pending);
      else pending.resolve(this.#options.here(pending.address));
    }
    const afterMs = reader.answered > 0 ? 0 : RETRY_MS;
    setTimeout(() => this.#restart(), afterMs).unref();
  }

  #restart(): void {
    // Only while it is Ready: a drain is short, and this thread can answer its reads.
    const { lifecycle } = this.#options;
    if (lifecycle.phase() !== Phase.Ready || lifecycle.shutdownRequested()) return;
    // How it failed was said; its exit starts the next try.
    this.#start().catch(() => {});
  }

  /**
   * What does not turn cannot be asked to stop; it can be ended, and its exit is the proof. Counted in
   * looks and not in time: while this loop is blocked the answers wait here, and nobody is to blame.
   */
  #endStuck(): void {
    for (const reader of this.#ready) {
      if (reader.pending.size === 0) reader.looks = 0;
      else reader.looks += 1;
      if (reader.looks !== STUCK_LOOKS) continue;
      this.#options.complain('A reader is ended', 'it owes an answer, and gives none');
      void reader.worker.terminate();
    }
  }
}
