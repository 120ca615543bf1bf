/**
 * Listening sockets that this process was started with, as systemd hands them on (`LISTEN_FDS`): by
 * systemd's own socket units, or by `tidegate run --listen`. It listens on none of them.
 *
 * @module
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */

import { Socket } from 'node:net';
import process from 'node:process';

/** `SD_LISTEN_FDS_START`. */
const FIRST = 3;
const MOST = 64;

/** By number. They are never closed here, and stay referenced: the end of one would close the number. */
let sockets: Map<number, Socket> | undefined;
const taken: Set<number> = new Set();

/** The file descriptor of one that is bound to this port, once; `undefined` if there is none. */
export function inheritedFd(port: number): number | undefined {
  if (port === 0) return undefined;
  sockets ??= found();
  for (const [fd, socket] of sockets) {
    const { port: bound } = socket.address() as { readonly port?: number };
    if (bound !== port || taken.has(fd)) continue;
    taken.add(fd);
    return fd;
  }
  return undefined;
}

function found(): Map<number, Socket> {
  // Bun listens elsewhere when it is given a number, and Deno.serve takes none.
  if ('Bun' in globalThis || 'Deno' in globalThis) return new Map();
  const { LISTEN_FDS = '0', LISTEN_PID } = process.env;
  const all = new Map<number, Socket>();
  // What they are for is somebody else: the variables reach whatever that process starts.
  if (LISTEN_PID !== String(process.pid)) return all;
  const count = Math.min(Number(LISTEN_FDS) || 0, MOST);
  for (let fd = FIRST; fd < FIRST + count; fd++) {
    try {
      all.set(fd, new Socket({ fd, readable: false, writable: false }));
    } catch {
      // Not a socket of a stream: nothing that a server could listen on.
    }
  }
  return all;
}
