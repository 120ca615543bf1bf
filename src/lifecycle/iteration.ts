/**
 * Async iterators that something must outlast: a permit that is held until the last item was taken. It
 * takes no item itself.
 *
 * @module
 */

/**
 * True for an async generator and its like: what iterates over itself. A stream is not one, since it has
 * no `next` and goes on after it was returned; nor is a database's cursor, whose `next` gives a row.
 *
 * @see https://tc39.es/ecma262/#sec-asynciteratorprototype-asynciterator
 */
export function isAsyncIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  const { next, [Symbol.asyncIterator]: iterate } =
    (value as Partial<AsyncIterableIterator<unknown>> | null | undefined) ?? {};
  const isLike = typeof next === 'function' && typeof iterate === 'function';
  return isLike && (iterate.call(value) as unknown) === value;
}

/**
 * The same iterator, which calls `end` once it is done, was returned from, or threw.
 *
 * @see https://tc39.es/ecma262/#sec-asynciterator-interface
 */
export function untilEnded(
  source: AsyncIterableIterator<unknown>,
  end: () => void,
): AsyncIterableIterator<unknown> {
  const over = async (
    step: () => Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown>> => {
    try {
      const result = await step();
      // Whatever is true ends a loop over it.
      if (result.done) end();
      return result;
    } catch (thrown) {
      end();
      throw thrown;
    }
  };
  const methods: Required<AsyncIterator<unknown>> &
    Pick<typeof source, typeof Symbol.asyncIterator> = {
    next: (...args) => over(() => source.next(...args)),
    return: async (value) => {
      const giveUp = source.return?.bind(source);
      if (giveUp !== undefined) return over(() => giveUp(value));
      end();
      return { done: true, value: await value };
    },
    throw: async (thrown) => {
      const fail = source.throw?.bind(source);
      if (fail !== undefined) return over(() => fail(thrown));
      end();
      throw thrown;
    },
    [Symbol.asyncIterator]: () => held,
  };
  // What there is besides, of an unusual iterator, stays within reach. Defined and not assigned: a
  // frozen one would refuse that.
  const held: AsyncIterableIterator<unknown> = Object.create(
    source,
    Object.getOwnPropertyDescriptors(methods),
  );
  return held;
}
