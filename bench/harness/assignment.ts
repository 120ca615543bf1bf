/**
 * An assignment: what a process, a page or an isolate is asked to measure, as JSON.
 *
 * @module
 */

/** What a child process is to do; `program/` has the parts. */
export interface Assignment {
  readonly part: string;
  readonly case: string;
  readonly variant: string;
  readonly size?: number | undefined;
  /** How long to measure, in milliseconds, where that is a matter of time. */
  readonly budgetMs?: number | undefined;
}
