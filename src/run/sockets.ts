/**
 * The sockets on which instances speak: one for each, in a folder that nobody but this user may enter.
 * What they say is for `instance.ts`.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** Of an address in `sockaddr_un`, with room for the name of a socket: unix(7), and a few less elsewhere. */
const FOLDER_MAX = 90;
/** A process has two, its main thread and its probe thread, and each that it starts may have as many. */
const CONNECTIONS_MAX = 4_096;

/** What the name of each folder begins with; the number of the parent and `-` follow. */
export const FOLDER_PREFIX = 'tidegate-';

/** Where the folder may be, the best place first. */
export function placesForSockets(): string[] {
  const places = [process.env.XDG_RUNTIME_DIR ?? '', tmpdir(), '/tmp'];
  return places.filter((place) => place.startsWith('/'));
}

/** The folder. */
export class Sockets {
  readonly #folder: string;
  #count = 0;

  /** @throws whatever the system says if there can be none */
  constructor() {
    this.#folder = madeIn(placesForSockets());
  }

  /** A new one that listens. @param name of its file; by default a number */
  open(
    connected: (socket: Socket) => void,
    name: string | undefined = undefined,
  ): Promise<{ server: Server; path: string }> {
    if (name === undefined) this.#count += 1;
    const path = join(this.#folder, name ?? String(this.#count));
    const server = createServer(connected);
    server.maxConnections = CONNECTIONS_MAX;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        server.on('error', () => {});
        resolve({ server, path });
      });
    });
  }

  /** Nobody can connect any more. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `mkdtemp` makes it for its user alone (0700), and never takes one that is there. */
function madeIn(places: readonly string[]): string {
  let failure: unknown = new Error('the path of the temporary folder is too long for a socket');
  for (const place of places) {
    const prefix = join(place, `${FOLDER_PREFIX}${process.pid}-`);
    if (prefix.length > FOLDER_MAX) continue;
    try {
      return mkdtempSync(prefix);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
