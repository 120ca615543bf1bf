/**
 * Listening sockets that the parent opens and its instances share, so that no moment is without one: they
 * are handed on as systemd does (`LISTEN_FDS`). The parent accepts nothing on them.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 * @module
 */

import * as net from 'node:net';
import process from 'node:process';
import { getSystemErrorName } from 'node:util';

/** Where to listen. */
export interface Place {
  /** `undefined` for all addresses. */
  readonly hostname: string | undefined;
  readonly port: number;
}

/** What Node binds a socket with, which does not listen: the module of clusters has it from here. */
type CreateHandle = (
  address: string,
  port: number,
  addressType: 4 | 6,
  fd: number,
  flags: number,
) => number | { readonly fd: number };

const FIRST_FD = 3;

/** The numbers of the sockets, to be handed on in this order. They stay open as long as the process. */
export type Handed = readonly number[];

/** What sets the number of the process that takes the sockets: nobody else can know it in time. */
const SCRIPT = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"';

// Nobody may collect them: that would close the sockets.
const kept: unknown[] = [];

/**
 * Those that this process was started with itself, then one for each place.
 *
 * @throws {Error} that says which one, and why
 */
export function openListening(places: readonly Place[]): Handed {
  return [...ownSockets(), ...places.map(bound)];
}

/** The command that takes them. */
export function commandFor(
  command: readonly [string, ...string[]],
  handed: Handed,
): readonly [string, ...string[]] {
  return handed.length === 0 ? command : ['/bin/sh', '-c', SCRIPT, 'sh', ...command];
}

/** The variables for it. */
export function variablesFor(handed: Handed): Record<string, string> {
  return handed.length === 0 ? {} : { LISTEN_FDS: String(handed.length) };
}

/** Of a socket unit of systemd's: the instances get them as we did. */
function ownSockets(): number[] {
  const { LISTEN_FDS = '0', LISTEN_PID } = process.env;
  const count = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS) || 0 : 0;
  return Array.from({ length: count }, (_, index) => FIRST_FD + index);
}

function bound({ hostname, port }: Place): number {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle?: CreateHandle };
  if (create === undefined || 'Bun' in globalThis || 'Deno' in globalThis) {
    throw new Error('--listen needs tidegate run to run on Node');
  }
  const addresses = hostname === undefined ? ['::', '0.0.0.0'] : [hostname];
  let why = '';
  for (const address of addresses) {
    const handle = create(address, port, net.isIPv6(address) ? 6 : 4, -1, 0);
    if (typeof handle !== 'number') {
      kept.push(handle);
      return handle.fd;
    }
    why = getSystemErrorName(handle);
    if (why === 'EADDRINUSE' || why === 'EACCES') break;
  }
  throw new Error(`cannot listen on port ${port}: ${why}`);
}
