/**
 * Writes out stdout and stderr before the process ends: `process.exit()` drops what a slow pipe has
 * not taken yet. It adds no text of its own.
 *
 * @module
 */

import process from 'node:process';

/** The part of a standard stream that is used here. */
interface Output {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(text: string, then: () => void): unknown;
  end(then: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/** Resolves when all that was written to stdout has been taken. Never rejects. */
export function stdoutWritten(): Promise<void> {
  return written(() => process.stdout as Output);
}

/** The same for stderr. */
export function stderrWritten(): Promise<void> {
  return written(() => process.stderr as Output);
}

/**
 * A reader that is gone takes nothing more, and that is no fault of the shutdown: its error ends the
 * wait, and is not an uncaught one.
 *
 * Bun (1.4) says of every stream that nothing is left in it, and calls back at once for an empty
 * write; only the end of the stream waits for the pipe. So there `process.stdout.write()` of a
 * listener to `exit` comes too late. Its `console.log()` does not go through the stream.
 */
async function written(open: () => Output): Promise<void> {
  try {
    const stream = open();
    if (stream.destroyed) return;
    await new Promise<void>((resolve) => {
      const over = (): void => resolve();
      stream.on('error', over);
      if ('Bun' in globalThis) stream.end(over);
      else if (stream.writableLength === 0) over();
      else stream.write('', over);
    });
  } catch {
    // There is no such stream here: nothing was written to it.
  }
}
