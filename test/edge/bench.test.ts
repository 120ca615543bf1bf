/**
 * `tidegate/bench` on real workerd: every case in every variant. No time is asserted.
 *
 * @module
 */

import { expect, it } from 'vitest';
import { calls } from '../../bench/cases/calls.ts';
import { primitives } from '../../bench/cases/primitives.ts';
import { DATES, program, start } from './isolates.ts';
import type { Ran } from './programs/bench.ts';

/** What needs another thread. */
const REFUSED: Readonly<Record<string, string>> = {
  'attach and detach': 'cannot_share',
  share: 'cannot_share',
  'reap gone before': 'cannot_share',
  'waitForSync reached': 'cannot_block',
};

it.each(DATES)('every case of tidegate/bench runs in an isolate at %s', async (date) => {
  const modules = await program('bench');
  await using isolates = await start([{ name: 'bench', modules, compatibilityDate: date }]);
  const ran = (await (await isolates.ask('bench', '/')).json()) as Ran[];
  const expected = [...primitives, ...calls].flatMap(({ name, variants, isAsync }) =>
    variants.map((variant) => ({
      name,
      variant,
      isAsync,
      returned: isAsync ? 'promise' : 'nothing',
      ...(name in REFUSED && ['wasm', 'atomics'].includes(variant)
        ? { refused: REFUSED[name] }
        : {}),
    })),
  );
  expect(ran).toEqual(expected);
});
