/**
 * The one time limit that all waits after Stopped share, and the part of it that each may use. It
 * ends nothing.
 *
 * @module
 */

/** Of the limit, what one wait leaves for each that is still to come. */
const RESERVE = 0.1;

/** What is left for the waits of one end. */
export class Remaining {
  readonly #endsAt: number;
  readonly #reserveMs: number;
  #stillToCome: number;

  /** @param count how many waits there will be, one after the other */
  constructor(limitMs: number, count: number) {
    this.#endsAt = performance.now() + limitMs;
    this.#reserveMs = limitMs * RESERVE;
    this.#stillToCome = count;
  }

  /**
   * Resolves when the next wait is over: true if it ended by itself, false if its time was up.
   *
   * It gets what is left less a tenth of the limit for each wait behind it, but never less than an
   * equal share: a server that hangs costs the exporter behind it no flush.
   *
   * @param timeoutMs shortens its part, and never lengthens it
   * @throws what `run` throws or rejects with in time
   */
  async next(
    run: (signal: AbortSignal) => unknown,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ): Promise<boolean> {
    const leftMs = Math.max(0, this.#endsAt - performance.now());
    const equalMs = leftMs / Math.max(1, this.#stillToCome);
    this.#stillToCome -= 1;
    const shareMs = Math.max(equalMs, leftMs - this.#stillToCome * this.#reserveMs);
    return within(run, Math.min(shareMs, timeoutMs));
  }
}

/** Keeps the process alive meanwhile: a promise alone does not. */
async function within(run: (signal: AbortSignal) => unknown, ms: number): Promise<boolean> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<false>((resolve) => {
    // A turn more: a loop that was blocked hears first what has ended meanwhile.
    timer = setTimeout(() => setTimeout(resolve, 0, false), ms);
  });
  try {
    const ended = Promise.resolve(run(controller.signal)).then(() => true);
    return await Promise.race([ended, timedOut]);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
