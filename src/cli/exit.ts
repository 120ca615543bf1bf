/**
 * How a command ends: the exit codes, which are documented and do not change, and the error that
 * carries one.
 *
 * @module
 */

/**
 * Exit codes. Whatever is not 0 is unhealthy to a container's health check; scripts can tell the
 * rest apart. 128 + the number of a signal is the shell's own convention.
 */
export const Exit = Object.freeze({
  /** It is so, or it is done. */
  Ok: 0,
  /** The service answered, and it is not: not ready, not drained, a step failed. */
  Failed: 1,
  /** The command line was not understood, or the token could not be read. Nothing was sent. */
  Usage: 2,
  /** No answer, or none that tidegate gives. */
  Unreachable: 3,
  /** The token is missing or wrong, or the service takes none. */
  Unauthorized: 4,
  /** The time given was over. */
  TimedOut: 5,
  /** Ctrl-C. */
  Interrupted: 130,
} as const);

/** One of the values of {@link Exit}. */
export type Exit = (typeof Exit)[keyof typeof Exit];

/** Ends the command with a message for people and a code for scripts. */
export class CommandError extends Error {
  readonly exit: Exit;
  /** Nobody listens there: not a fault on the way, which may pass. */
  readonly isRefused: boolean;

  constructor(exit: Exit, message: string, isRefused = false) {
    super(message);
    this.isRefused = isRefused;
    this.name = 'CommandError';
    this.exit = exit;
  }
}

/** What a command has to say when it is over. */
export interface Outcome {
  readonly exit: Exit;
  /** For people: lines, without the last line's end. */
  readonly text: string;
  /** For `--json`: what the service answered. */
  readonly json: unknown;
}
