/**
 * `npm run loom -- --module test/loom/examples/spin-lock.wat --scenario test/loom/examples/spin-lock.ts`
 * finds that two threads are inside at once.
 *
 * @module
 */

import type { ForeignScenario } from '../foreign.ts';

const scenario: ForeignScenario = {
  name: 'a spin lock lets one in at a time',
  threads: [({ visit }) => visit?.(), ({ visit }) => visit?.()],
  invariant: (view) => (view.read(4, 4) > 1n ? 'two are inside' : undefined),
};

export default scenario;
