/**
 * The token of the operator: from the environment or a file, never from the command line, and never
 * shown.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { CommandError, Exit } from './exit.ts';
import { plain } from './plain.ts';

/** Where the token is looked for when no file is named. */
export const TOKEN_VARIABLE = 'TIDEGATE_ADMIN_TOKEN';

/**
 * Reads the token: from the file if one is named, else from the environment; `undefined` if there
 * is none, as a service may be open. A file often ends in a newline; blanks at both ends go.
 *
 * @throws {CommandError} `Usage` for a file that cannot be read or is empty, and for what no header
 * can carry
 */
export function readToken(file: string | undefined): string | undefined {
  const text = file === undefined ? process.env[TOKEN_VARIABLE] : contentOf(file);
  const token = text?.trim() ?? '';
  if (token === '') {
    if (file !== undefined) throw usage(`The token file ${plain(file)} is empty`);
    return undefined;
  }
  const source = file === undefined ? TOKEN_VARIABLE : `The token file ${plain(file)}`;
  if (!/^[\x20-\x7e\xa0-\xff]+$/.test(token)) {
    throw usage(`${source} has what no header can carry: is it more than the token?`);
  }
  return token;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // Only the code: some runtimes put more into the message than a log should have.
    const code = (error as { readonly code?: unknown }).code ?? 'it cannot be opened';
    throw usage(`The token file ${plain(file)} could not be read: ${plain(String(code))}`);
  }
}

function usage(message: string): CommandError {
  return new CommandError(Exit.Usage, message);
}
