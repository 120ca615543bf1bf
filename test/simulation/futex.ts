/**
 * `Atomics` as a simulated thread has it: the real one, but waits do not block, and a sleep
 * (`waitAsync`) ends when the simulation says so: after a notify, after its time, or for no reason.
 * WebAssembly notifies without asking anybody, so a changed word counts as a notify, too.
 *
 * @module
 */

/** Ends a sleep of a thread. */
export interface Sleep {
  readonly words: Int32Array;
  readonly index: number;
  readonly expected: number;
  /** By the world's clock. */
  readonly endsAtMs: number;
  wake(how: 'ok' | 'timed-out'): void;
}

/** What sleeps on all threads. */
export type Sleeps = Set<Sleep>;

/** True if something has changed since it fell asleep. */
export function isStirred({ words, index, expected }: Sleep): boolean {
  return Atomics.load(words, index) !== expected;
}

/** The object `Atomics` of one thread. */
export function atomicsOf(
  nowMs: () => number,
  sleeps: () => Sleeps,
  makePromise: PromiseConstructor,
): object {
  const waitAsync = (words: Int32Array, index: number, expected: number, ms = Infinity): object => {
    if (Atomics.load(words, index) !== expected) return { async: false, value: 'not-equal' };
    const asleep = sleeps();
    const value = new makePromise<string>((resolve) => {
      const sleep: Sleep = {
        words,
        index,
        expected,
        endsAtMs: nowMs() + ms,
        wake: (how) => {
          asleep.delete(sleep);
          resolve(how);
        },
      };
      asleep.add(sleep);
    });
    return { async: true, value };
  };
  const names = Object.getOwnPropertyNames(Atomics) as (keyof typeof Atomics)[];
  return { ...Object.fromEntries(names.map((name) => [name, Atomics[name]])), waitAsync };
}
