/**
 * Signals to an instance: to all of its process group, which has its first process's number. It decides
 * nothing.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** Of proc_pid_stat(5), behind the name: state, parent, group. */
const STATE = 0;
const GROUP = 2;

/** Windows has no groups that signals reach. */
export const HAS_GROUPS: boolean = process.platform !== 'win32';

/** Sends a signal to one process. False if it is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Sends a signal to all processes of a group. False if there are none. */
export function signalGroup(pid: number, name: NodeJS.Signals): boolean {
  return signal(HAS_GROUPS ? -pid : pid, name);
}

/**
 * Whether somebody of the group still runs. Those who have ended and were not asked how (zombies, which
 * process 1 has for children where the runtime does not reap them) do not.
 */
export function isGroupAlive(pid: number): boolean {
  if (!HAS_GROUPS) return false;
  try {
    process.kill(-pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isOf(pid, name));
  } catch {
    return true;
  }
}

function isOf(group: number, name: string): boolean {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[STATE] !== 'Z' && fields[GROUP] === String(group);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
