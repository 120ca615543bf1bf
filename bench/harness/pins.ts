/**
 * A core for a server and another for its load, so that the two do not take turns on one. It moves no
 * process of others; who else is on those cores is met by asking both sides of a ratio in turn.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Who is to have a core. */
export type Party = 'server' | 'load';

/** What goes before a command to pin it: nothing where there is one core, or no `taskset`. */
export function pinnedTo(party: Party): readonly string[] {
  const prefix = ['taskset', '-c', party === 'load' ? '0' : String(availableParallelism() - 1)];
  return canPin() ? prefix : [];
}

/** Whether both parties can have a core of their own. */
export function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  // Where the first core is not among those that this process may use, it fails.
  pinning ??= spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return pinning;
}

let pinning: boolean | undefined;
