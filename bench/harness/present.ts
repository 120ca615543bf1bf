/**
 * All runtimes that a run can have, and the choice among them.
 *
 * @module
 */

import { WrongInput } from '../wrong-input.ts';
import { chromiumRuntime } from './chromium.ts';
import { workerdRuntime } from './isolates.ts';
import { processRuntimes, type Runtime } from './runtimes.ts';

/** All of them, there or not. */
export function allRuntimes(): Runtime[] {
  return [...processRuntimes(), chromiumRuntime(), workerdRuntime()];
}

/** Those with these names, or all of them. */
export function chooseRuntimes(
  all: readonly Runtime[],
  names: readonly string[] | undefined,
): Runtime[] {
  const unknown = (names ?? []).filter((name) => !all.some((runtime) => runtime.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    throw new WrongInput(`There is no runtime ${unknown.join(', ')}; there are ${known}`);
  }
  return all.filter(({ name }) => names === undefined || names.includes(name));
}
