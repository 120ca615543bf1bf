/**
 * A Worker that `harness/isolates.ts` starts: each request names a case, a variant and how often to
 * run it. It reads no clock, since that of an isolate stands still while code runs; the caller does.
 *
 * The binaries are imported and memory is unshared, as in `tidegate/workerd`.
 *
 * @module
 */

import { LifecycleError } from '../../src/lifecycle/errors.ts';
import type { AsyncBody, Body, Variant } from '../cases/case.ts';
import { calls, primitives } from '../cases/imported.ts';

/** What a request asks for. */
export interface Turns {
  readonly case: string;
  readonly variant: string;
  readonly turns: number;
}

/** What it answers: nothing, or why the case cannot be had here. */
export interface TurnsAnswer {
  readonly refused?: string;
}

/** Turns of one call of the loop: compiled code is entered at the next call, and calls come soon. */
const BATCH = 1_000;

let made: Body | AsyncBody | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    const asked = (await request.json()) as Turns;
    try {
      made ??= bodyOf(asked);
      await spin(made, asked.turns);
      return Response.json({} satisfies TurnsAnswer);
    } catch (thrown) {
      if (!(thrown instanceof LifecycleError)) throw thrown;
      return Response.json({ refused: thrown.message } satisfies TurnsAnswer);
    }
  },
};

function bodyOf({ case: name, variant }: Turns): Body | AsyncBody {
  const found = [...primitives, ...calls].find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`There is no case ${name}`);
  // Each case refuses the variants that it does not have.
  return found.make(variant as Variant);
}

/**
 * An isolate has one case only, so the loop that it goes through is compiled for that case: but not
 * within a function that can be suspended, hence two loops.
 */
async function spin(body: Body | AsyncBody, turns: number): Promise<void> {
  const first = body();
  if (first === undefined) {
    for (let left = turns - 1; left > 0; left -= BATCH) loop(body, Math.min(left, BATCH));
    return;
  }
  await first;
  for (let turn = 1; turn < turns; turn++) await body();
}

function loop(body: Body | AsyncBody, turns: number): void {
  for (let turn = 0; turn < turns; turn++) body();
}
