/**
 * `tidegate reload`: asks a parent on this machine for a reload, and hears how it went, over a socket in the
 * folder that nobody but its user may enter.
 *
 * @module
 */

import { lstatSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { FOLDER_PREFIX, placesForSockets } from './sockets.ts';
import type { Reloaded } from './supervisor.ts';

/** The name of the socket. */
export const CONTROL = 'control';
const REQUEST = 'reload\n';

/** Takes a request, on the side of the parent. */
export function control(socket: Socket, reload: () => Promise<Reloaded>): void {
  let heard = '';
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (heard === REQUEST) {
      void reload().then((reloaded) => socket.end(`${JSON.stringify(reloaded)}\n`));
    } else if (!REQUEST.startsWith(heard)) socket.destroy();
  });
}

/** The parents of this user that run: the number of each, and its socket. */
export function parents(): Map<number, string> {
  const found = new Map<number, string>();
  for (const place of placesForSockets()) {
    for (const name of namesIn(place)) {
      const [, pid] = /^tidegate-(\d+)-\w+$/.exec(name) ?? [];
      const folder = join(place, name);
      if (pid !== undefined && isOurs(folder) && isRunning(Number(pid))) {
        found.set(Number(pid), join(folder, CONTROL));
      }
    }
  }
  return found;
}

/** Asks for a reload, and waits until it is over. @throws what the system says if there is no answer */
export function askReload(path: string): Promise<Reloaded> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ path }, () => socket.write(REQUEST));
    socket.once('error', reject);
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.once('end', () => {
      try {
        resolve(JSON.parse(answer) as Reloaded);
      } catch {
        reject(new Error('it ended before it said how'));
      }
    });
  });
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place).filter((name) => name.startsWith(FOLDER_PREFIX));
  } catch {
    return [];
  }
}

/** Somebody else's folder could have any name. */
function isOurs(folder: string): boolean {
  try {
    const { uid, mode } = lstatSync(folder);
    const isFolder = (mode & 0o170000) === 0o040000;
    return isFolder && uid === process.getuid?.() && (mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
