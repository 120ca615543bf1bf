/**
 * The task of a worker thread: the first message that it gets.
 *
 * @module
 */

/** What a worker may be told. */
export interface Task {
  readonly task: 'contend' | 'wakeup';
}
