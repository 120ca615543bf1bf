/**
 * `tidegate/compose`: a component sees the values of what it needs, and no others. To be compiled, not
 * run; each line below a `@ts-expect-error` must be refused, and every other one must not.
 *
 * @module
 */

import type { Lifecycle } from 'tidegate';
import {
  type CheckContext,
  type Component,
  type ComponentCheck,
  type ComponentOf,
  type Components,
  type Context,
  compose,
  type StartContext,
  type StopContext,
} from 'tidegate/compose';

class Pool {
  query(): number {
    return 1;
  }
}

class Repository {
  readonly pool: Pool;
  constructor(pool: Pool) {
    this.pool = pool;
  }
}

/** True if two types are the same, and not only assignable to each other. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Everything a component may have. */
const check: ComponentCheck<Pool> = {
  run: (pool, { signal }: CheckContext) => signal.aborted || pool.query(),
  everyMs: 5_000,
  timeoutMs: 500,
  failures: 3,
  successes: 2,
  affects: 'write',
};
const stop = (pool: Pool, { signal, ready }: StopContext): boolean =>
  signal.aborted || ready || pool.query() > 0;
export const whole: Component<Pool, { config: number }, 'config'> = {
  needs: ['config'],
  start: ({ config, signal }) => (signal.aborted || config > 1 ? new Pool() : new Pool()),
  stop,
  check,
  timeoutMs: 1_000,
  at: 'drained',
};
export const alone: ComponentOf<number, never, StartContext> = { start: () => 1 };
export type Given = Context<{ a: number; b: string }, 'a'>;
export const given: Same<Given['a'], number> = true;
export type Two = Components<{ a: number }, { a: never }, never, { a: number }>;

export async function inferred(lifecycle: Lifecycle): Promise<void> {
  const values = await compose(lifecycle, {
    // The order of the keys is of no matter.
    api: {
      needs: ['repository', 'limit'],
      start: async ({ repository, limit, signal }) =>
        signal.aborted ? '' : `${repository.pool.query() + limit}`,
      stop: () => {},
    },
    pool: {
      start: async ({ signal }: StartContext) => (signal.aborted ? new Pool() : new Pool()),
      stop: (pool, { signal }) => signal.aborted || pool.query(),
      check: { run: (pool, { signal }) => signal.aborted || pool.query(), affects: 'write' },
      at: 'drained',
    },
    limit: { start: () => 5, check: (limit) => limit > 0 },
    repository: {
      needs: ['pool'],
      start: ({ pool }: { pool: Pool }) => new Repository(pool),
    },
    method: {
      needs: ['pool'],
      async start({ pool }) {
        return [pool.query()];
      },
    },
    group: { needs: ['api', 'method'] },
  });
  const known: Same<
    Omit<typeof values, 'group'>,
    { api: string; pool: Pool; limit: number; repository: Repository; method: number[] }
  > = true;
  void known;
}

export async function refused(lifecycle: Lifecycle): Promise<void> {
  const pool = { start: () => new Pool() };
  await compose(lifecycle, {
    pool,
    other: { start: () => 1 },
    // @ts-expect-error: it does not need the other
    sees: { needs: ['pool'], start: ({ other }) => other },
  });
  await compose(lifecycle, {
    pool,
    other: { start: () => 1 },
    // @ts-expect-error: nor may it say that it does
    says: { needs: ['pool'], start: ({ other }: { other: number }) => other },
  });
  await compose(lifecycle, {
    pool,
    // @ts-expect-error: the value is of another type
    wrong: { needs: ['pool'], start: (context: { pool: Repository }) => context.pool },
  });
  await compose(lifecycle, {
    pool,
    // @ts-expect-error: there is no such component
    misses: { needs: ['pol'], start: () => 1 },
  });
  await compose(lifecycle, {
    pool,
    // @ts-expect-error: there is no such option
    slips: { needs: ['pool'], strat: () => 1 },
  });
  // @ts-expect-error: there is no such moment
  await compose(lifecycle, { pool, late: { needs: ['pool'], at: 'noon' } });
  // @ts-expect-error: the value is a pool, not a number
  await compose(lifecycle, { pool: { ...pool, stop: (value: number) => value } });
}
