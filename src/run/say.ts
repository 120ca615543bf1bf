/**
 * What the parent says: a line on stderr for each thing it does. A reader that takes nothing, or has
 * gone, holds up nothing that it does.
 *
 * @module
 */

import { write } from 'node:fs';

/** The file descriptor. It is written to by number: a stream that is a full pipe would block the process. */
const STDERR = 2;
/** How long the last lines may take to be written. */
const LAST_MS = 200;

let last: Promise<void> = Promise.resolve();

/** Says it, behind what was said before. */
export function say(what: string): void {
  const line = `tidegate run: ${what}\n`;
  last = last.then(() => new Promise((resolve) => write(STDERR, line, () => resolve())));
}

/** Resolves when all is written, or nobody reads it. */
export function said(): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_MS));
  return Promise.race([last, late]);
}
