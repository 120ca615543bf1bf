/**
 * Async iterators that something must outlast: a permit that is held until the last item was taken. It
 * takes no item itself.
 *
 * @module
 */

/**
 * True for an async generator and its like. A stream is none: it has no `next`, and goes on after it
 * was returned.
 */
export function isAsyncIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  const { next, [Symbol.asyncIterator]: iterate } =
    (value as Partial<AsyncIterableIterator<unknown>> | null | undefined) ?? {};
  return typeof next === 'function' && typeof iterate === 'function';
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
      if (result.done === true) end();
      return result;
    } catch (thrown) {
      end();
      throw thrown;
    }
  };
  // What there is besides, of an unusual iterator, stays within reach.
  const held: AsyncIterableIterator<unknown> = Object.create(source);
  held.next = (...args) => over(() => source.next(...args));
  held.return = async (value) => {
    const giveUp = source.return?.bind(source);
    if (giveUp !== undefined) return over(() => giveUp(value));
    end();
    return { done: true, value: await value };
  };
  held.throw = async (thrown) => {
    const fail = source.throw?.bind(source);
    if (fail !== undefined) return over(() => fail(thrown));
    end();
    throw thrown;
  };
  held[Symbol.asyncIterator] = () => held;
  return held;
}
