/**
 * Whether the process that kept a record still runs. Its process id does not tell, since another
 * process may have it by now. It signals no process.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Where the start of a process is among the fields behind its name: proc_pid_stat(5). */
const START_FIELD = 19;

interface DenoPermissions {
  readonly permissions: { querySync(asked: object): { readonly state: string } };
}

/**
 * What tells a process from all others that have had, or will have, its number: the boot of the
 * system, and when in it the process was started. `null` where the system does not say, or there is
 * no such process.
 */
export function markOf(pid: number): string | null {
  try {
    const { Deno } = globalThis as { readonly Deno?: DenoPermissions };
    // Without the permission it would ask on a terminal, and everybody would wait for the answer.
    const asked = { name: 'read', path: '/proc' };
    if (Deno !== undefined && Deno.permissions.querySync(asked).state !== 'granted') return null;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[START_FIELD - 1];
    // A zombie: it has ended, and nobody has asked how.
    if (state === 'Z' || started === undefined) return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${started}`;
  } catch {
    return null;
  }
}

/** Whether it runs; false where that cannot be known. @param mark what {@link markOf} said of it */
export function isAlive(pid: number, mark: string | null): boolean {
  if (mark !== null) return markOf(pid) === mark;
  if (pid === process.pid || pid <= 0 || !Number.isInteger(pid) || 'Deno' in globalThis) {
    return false;
  }
  try {
    // Sends nothing: it only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
