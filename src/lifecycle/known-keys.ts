/**
 * Names of options: one that is not known is refused, with the known one that is nearest, so that
 * a slip of the keyboard is not a silent default. It looks at no value.
 *
 * @module
 */

import { isObject, must } from './check.ts';
import { LifecycleError, shown } from './errors.ts';

/**
 * Refuses what is no object, and a key that is not among `known`.
 *
 * @param action what cannot be done, as in `Cannot serve: …`
 * @throws {LifecycleError} `invalid_argument`
 */
export function checkKeys(action: string, options: object, known: readonly string[]): void {
  const isRecord = isObject(options) && !Array.isArray(options);
  must(isRecord, action, 'the options must be an object', options);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new LifecycleError(
      'invalid_argument',
      `Cannot ${action}: unknown option ${shown(key)}, did you mean ${shown(nearest(key, known))}?`,
    );
  }
}

/**
 * The known name that is reached by the fewest changes; a beginning of a name is nearer still, and the
 * same name in another spelling (`ready_write`) nearest.
 */
export function nearest(name: string, known: readonly string[]): string {
  const asked = letters(name);
  let best = '';
  let least = Infinity;
  for (const each of known) {
    const candidate = letters(each);
    const isBeginning = candidate.startsWith(asked) || asked.startsWith(candidate);
    const changes = asked === candidate ? 0 : isBeginning ? 0.5 : distance(asked, candidate);
    if (changes < least) [best, least] = [each, changes];
  }
  return best;
}

function letters(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

/** Levenshtein's: letters added, left out or replaced. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + Number(one[i - 1] !== other[j - 1]);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
