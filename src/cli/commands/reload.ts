/**
 * `reload`: asks the `tidegate run` of a process number for new instances, and waits until the old ones
 * have ended.
 *
 * @module
 */

import { askReload, parents } from '../../run/control.ts';
import { CommandError, Exit, type Outcome } from '../exit.ts';

/** `reload`. @param words behind the command @throws {CommandError} */
export async function reload(words: readonly string[]): Promise<Outcome> {
  const [word, ...others] = words;
  const isNumber = word === undefined || /^[1-9]\d{0,9}$/.test(word);
  if (!isNumber || others.length > 0) {
    throw new CommandError(Exit.Usage, 'reload takes the PID of a tidegate run, or nothing');
  }
  const running = parents();
  const pids = [...running.keys()];
  if (word === undefined && pids.length > 1) {
    const which = pids.join(', ');
    throw new CommandError(Exit.Usage, `reload needs a PID, one of ${which}`);
  }
  const path = running.get(word === undefined ? (pids[0] ?? 0) : Number(word));
  if (path === undefined) {
    const which = word === undefined ? '' : ` with PID ${word}`;
    throw new CommandError(Exit.Unreachable, `You have no tidegate run${which}`);
  }
  const { isOk, text } = await askReload(path).catch((error: Error) => {
    throw new CommandError(Exit.Unreachable, `No answer from the tidegate run: ${error.message}`);
  });
  return { exit: isOk ? Exit.Ok : Exit.Failed, text, json: { ok: isOk, text } };
}
