/**
 * All runtimes that a run can have, and the choice among them.
 *
 * @module
 */

import { chromiumRuntime } from './chromium.ts';
import { absentRuntime, processRuntimes, type Runtime } from './runtimes.ts';

/** All of them, there or not. */
export function allRuntimes(): Runtime[] {
  return [
    ...processRuntimes(),
    chromiumRuntime(),
    absentRuntime(
      'workerd',
      'an isolate compiles no bytes and shares no memory, and the cases do both; a way to put a ' +
        'lifecycle back that needs neither would bring it',
    ),
  ];
}

/** Those with these names, or all of them. */
export function chooseRuntimes(
  all: readonly Runtime[],
  names: readonly string[] | undefined,
): Runtime[] {
  const unknown = (names ?? []).filter((name) => !all.some((runtime) => runtime.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    throw new RangeError(`There is no runtime ${unknown.join(', ')}; there are ${known}`);
  }
  return all.filter(({ name }) => names === undefined || names.includes(name));
}
