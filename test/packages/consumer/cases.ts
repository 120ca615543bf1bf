/**
 * A program that uses every export of `tidegate/bench`. To be compiled, not run.
 *
 * @module
 */

import {
  type AsyncBody,
  type Body,
  bareModule,
  type Case,
  calls,
  type Group,
  primitives,
  repeat,
  VARIANTS,
  type Variant,
} from 'tidegate/bench';

/** A harness of one's own. */
export async function measure(group: Group): Promise<number> {
  const chosen: readonly Case[] = [...calls, ...primitives].filter((one) => one.group === group);
  const bodies: (Body | AsyncBody)[] = chosen.flatMap((one) =>
    VARIANTS.filter((variant: Variant) => one.variants.includes(variant)).map((variant) =>
      one.make(variant),
    ),
  );
  for (const body of bodies) await body();
  for (const { isAsync, make } of chosen) if (!isAsync) repeat(make('wasm'), 1_000)();
  const module: Uint8Array = bareModule(true);
  return bodies.length + module.length;
}
