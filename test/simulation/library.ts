/**
 * The built library on simulated threads.
 *
 * @module
 */

import type { Program } from './inside/program.ts';
import { GLOBALS, Realm } from './realm.ts';
import type { Thread } from './thread.ts';

/** Loads the library on a thread. */
export type Library = (thread: Thread) => Program;

/** Compiled once, and loaded once for each number of a thread. */
export function libraryOf(text: string): Library {
  const load = new Function(...GLOBALS, `${text}\nreturn program;`);
  const loaded: { readonly realm: Realm; readonly program: Program }[] = [];
  return (thread) => {
    const known = loaded[thread.number];
    known?.realm.enter(thread);
    if (known !== undefined) return known.program;
    const realm = new Realm();
    realm.enter(thread);
    const program = Reflect.apply(load, undefined, realm.globals) as Program;
    loaded[thread.number] = { realm, program };
    return program;
  };
}
