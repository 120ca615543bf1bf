/**
 * What can be closed when the process ends, and how its end is heard: by its callback, or by the
 * promise that it returns. It closes nothing before it is asked to, and waits for no longer than
 * whoever asked.
 *
 * @module
 */

/** What `handleSignals` takes as one of `servers`. */
export interface Closable {
  close(callback?: (error?: unknown) => void): unknown;
}

/** A wait after Stopped: what the log calls it, and what is waited for. */
export interface Closing {
  readonly name: string;
  close(): Promise<unknown>;
}

/** True for what `handleSignals` can close. */
export function isClosable(value: unknown): value is Closable {
  return typeof (value as Partial<Closable> | null | undefined)?.close === 'function';
}

/** A closing for one of `servers`, which is called by its place there and its class. */
export function closingOf(target: Closable, index: number): Closing {
  const { name } = target.constructor ?? {};
  const shape = name === undefined || name === 'Object' ? '' : ` (${name})`;
  return { name: `servers[${index}]${shape}`, close: () => closed(target) };
}

/**
 * Closes it, and resolves when it is closed: as its callback or its promise says, whichever comes
 * first.
 *
 * @throws what `close` throws, rejects with or calls back with
 */
async function closed(target: Closable): Promise<void> {
  try {
    await (target.close.length === 0 ? target.close() : calledBack(target));
  } catch (error) {
    // Closed already, by the application itself.
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SERVER_NOT_RUNNING') throw error;
  }
}

function calledBack(target: Closable): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const result: unknown = target.close((error) => {
      if (error === undefined || error === null) resolve(undefined);
      else reject(error);
    });
    // What returns no promise has only its callback to say so.
    const { then } = (result ?? {}) as Partial<PromiseLike<unknown>>;
    if (typeof then === 'function') Promise.resolve(result).then(resolve, reject);
  });
}
