/**
 * Listening sockets that this process was started with, as systemd hands them on (`LISTEN_FDS`): by
 * systemd's own socket units, or by `tidegate run --listen`. It listens on none of them.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 * @module
 */

import { Socket } from 'node:net';
import process from 'node:process';
import { TIMER_MAX_MS } from '../../lifecycle/clock.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase } from '../../lifecycle/phase.ts';

/** `SD_LISTEN_FDS_START`. */
const FIRST = 3;
const MOST = 64;

/** By number. They are never closed here, and stay referenced: the end of one would close the number. */
let sockets: Map<number, Socket> | undefined;
const taken: Set<number> = new Set();

/** One of them. */
export interface Inherited {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
}

/** The one that is bound to this port, once; `undefined` if there is none. */
export function inheritedAt(port: number): Inherited | undefined {
  if (port === 0) return undefined;
  sockets ??= found();
  for (const [fd, socket] of sockets) {
    const { address = '', port: bound } = socket.address() as Partial<Inherited>;
    if (bound !== port || taken.has(fd)) continue;
    taken.add(fd);
    return { fd, address, port };
  }
  return undefined;
}

/**
 * Calls `listen` once the lifecycle is Ready. Others may accept on the same socket, and until then this
 * process would refuse what they would not; where nobody does, connections wait for it. Until then it keeps
 * the process alive, as a server that listens does. Returns the undo.
 */
export function whenReady(lifecycle: Lifecycle, listen: () => void): () => void {
  const alive = setInterval(() => {}, TIMER_MAX_MS);
  const undo = (): void => {
    clearInterval(alive);
    forget();
  };
  const look = (phase: Phase): void => {
    if (phase !== Phase.Starting) undo();
    if (phase === Phase.Ready) listen();
  };
  const forget = lifecycle.onTransition(({ to }) => look(to));
  look(lifecycle.phase());
  return undo;
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
