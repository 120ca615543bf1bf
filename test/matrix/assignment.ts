/**
 * What a place is given to do, as plain data: on its command line, or from its page's server.
 *
 * @module
 */

import type { Task } from '../conformance/harness.ts';

/** On which thread of the place to do what. */
export interface Assignment {
  readonly thread: 'main' | 'worker';
  readonly task: Task;
}
