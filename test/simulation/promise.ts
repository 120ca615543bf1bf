/**
 * Promises whose reactions the simulation runs, one at a time, thread by thread. The library is built
 * so that each `await` of it goes through `Promise`, and a simulated thread has this class by that name:
 * so a thread can die between any two awaits, and others can do anything between them.
 *
 * It is what ECMA-262 says of promises, as far as the library uses them.
 *
 * @module
 */

/** What a thread's promises ask of it. */
export interface Jobs {
  /** Runs the job after those that were put before it. */
  put(job: () => void): void;
  /** A promise was rejected and nobody listens yet; `false`: somebody does now. */
  unheard(promise: object, reason: unknown, isUnheard: boolean): void;
}

type Executor<T> = (
  resolve: (value: T | PromiseLike<T>) => void,
  reject: (reason: unknown) => void,
) => void;
type State = 'pending' | 'fulfilled' | 'rejected';

/** The class `Promise` of one thread. */
export function promisesOf(jobs: Jobs): PromiseConstructor {
  class Simulated<T> {
    #state: State = 'pending';
    #value: unknown;
    #isHeard = false;
    #reactions: (() => void)[] = [];

    constructor(executor: Executor<T>) {
      const { resolve, reject } = this.#settlers();
      try {
        executor(resolve, reject);
      } catch (error) {
        reject(error);
      }
    }

    get [Symbol.toStringTag](): string {
      return 'Promise';
    }

    // biome-ignore lint/suspicious/noThenProperty: it is a promise
    then(
      onFulfilled?: ((value: T) => unknown) | null,
      onRejected?: ((reason: unknown) => unknown) | null,
    ): Simulated<unknown> {
      return new Simulated((resolve, reject) => {
        const react = (): void => {
          const isFulfilled = this.#state === 'fulfilled';
          const handler = (isFulfilled ? onFulfilled : onRejected) as unknown;
          if (typeof handler !== 'function') {
            if (isFulfilled) resolve(this.#value);
            else reject(this.#value);
            return;
          }
          try {
            resolve(handler(this.#value));
          } catch (error) {
            reject(error);
          }
        };
        if (this.#state === 'rejected' && !this.#isHeard) jobs.unheard(this, this.#value, false);
        this.#isHeard = true;
        if (this.#state === 'pending') this.#reactions.push(react);
        else jobs.put(react);
      });
    }

    catch(onRejected?: (reason: unknown) => unknown): Simulated<unknown> {
      return this.then(undefined, onRejected);
    }

    finally(run?: () => unknown): Simulated<unknown> {
      return this.then(
        (value) => Simulated.resolve(run?.()).then(() => value),
        (reason) =>
          Simulated.resolve(run?.()).then(() => {
            throw reason;
          }),
      );
    }

    /** The two functions of one resolution; only the first call of either counts. */
    #settlers(): { resolve(value: unknown): void; reject(reason: unknown): void } {
      let isDone = false;
      const reject = (reason: unknown): void => {
        if (isDone) return;
        isDone = true;
        this.#settle('rejected', reason);
      };
      const resolve = (value: unknown): void => {
        if (isDone) return;
        isDone = true;
        if (value === this) {
          this.#settle('rejected', new TypeError('A promise cannot resolve to itself'));
          return;
        }
        const isObject =
          (typeof value === 'object' && value !== null) || typeof value === 'function';
        let then: unknown;
        try {
          then = isObject ? Reflect.get(value as object, 'then') : undefined;
        } catch (error) {
          this.#settle('rejected', error);
          return;
        }
        if (typeof then !== 'function') {
          this.#settle('fulfilled', value);
          return;
        }
        jobs.put(() => {
          const next = this.#settlers();
          try {
            Reflect.apply(then, value, [next.resolve, next.reject]);
          } catch (error) {
            next.reject(error);
          }
        });
      };
      return { resolve, reject };
    }

    #settle(state: State, value: unknown): void {
      this.#state = state;
      this.#value = value;
      if (state === 'rejected' && !this.#isHeard) jobs.unheard(this, value, true);
      for (const react of this.#reactions.splice(0)) jobs.put(react);
    }

    static resolve(value?: unknown): Simulated<unknown> {
      if (value instanceof Simulated) return value;
      return new Simulated((resolve) => resolve(value));
    }

    static reject(reason?: unknown): Simulated<unknown> {
      return new Simulated((_, reject) => reject(reason));
    }

    static race(values: Iterable<unknown>): Simulated<unknown> {
      return new Simulated((resolve, reject) => {
        for (const value of values) Simulated.resolve(value).then(resolve, reject);
      });
    }

    static all(values: Iterable<unknown>): Simulated<unknown> {
      return new Simulated((resolve, reject) => {
        const all = [...values];
        const found: unknown[] = all.map(() => undefined);
        let left = all.length;
        if (left === 0) resolve(found);
        all.forEach((value, index) => {
          Simulated.resolve(value).then((one) => {
            found[index] = one;
            left -= 1;
            if (left === 0) resolve(found);
          }, reject);
        });
      });
    }

    static allSettled(values: Iterable<unknown>): Simulated<unknown> {
      return Simulated.all(
        [...values].map((value) =>
          Simulated.resolve(value).then(
            (fulfilled) => ({ status: 'fulfilled', value: fulfilled }),
            (reason) => ({ status: 'rejected', reason }),
          ),
        ),
      );
    }
  }
  return Simulated as unknown as PromiseConstructor;
}
