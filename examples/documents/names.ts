/**
 * What a client may call a document, and which characters its texts may have: checked before the
 * database is asked, on whichever thread that is.
 *
 * @module
 */

import { Refusal } from './refusal.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The id in a path.
 *
 * @throws {Refusal} 400
 */
export function idOf(name: string): string {
  let id: string;
  try {
    id = decodeURIComponent(name);
  } catch {
    throw new Refusal(400, 'The id is not percent-encoded UTF-8');
  }
  if (!ID.test(id)) throw new Refusal(400, `The id does not match ${ID.source}`);
  return id;
}

/**
 * Refuses what SQLite would not give back as it was.
 *
 * @throws {Refusal} 400
 */
export function checkCharacters(name: string, text: string): void {
  if (text.includes('\0')) throw new Refusal(400, `${name} has a NUL character`);
  if (/\p{Surrogate}/u.test(text)) throw new Refusal(400, `${name} has half of a character`);
}
