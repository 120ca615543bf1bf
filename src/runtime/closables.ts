/**
 * What can be closed when the process ends, and how its end is noticed: by its callback, or by the
 * promise that it returns. It closes nothing before it is asked to, and waits no longer than its
 * caller.
 *
 * @module
 */

/** What `handleSignals` takes as one of `servers`; `close` may take a callback, or nothing. */
export interface Closable {
  close(...args: never[]): unknown;
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
    await (takesCallback(target) ? calledBack(target) : target.close());
  } catch (error) {
    // Closed already, by the application itself.
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SERVER_NOT_RUNNING') throw error;
  }
}

/** A `close` that takes its callback as the first argument. */
interface CallbackClosable {
  close(callback: (error?: unknown) => void): unknown;
}

/**
 * By its number of parameters. An async function promises its end, and has another use for its
 * parameter: that of srvx cuts what is in flight if it is given anything.
 */
function takesCallback(target: Closable): target is CallbackClosable {
  const { close } = target;
  return close.length > 0 && Object.prototype.toString.call(close) !== '[object AsyncFunction]';
}

function calledBack(target: CallbackClosable): Promise<unknown> {
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
