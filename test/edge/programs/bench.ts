/**
 * A Worker that makes every case of `tidegate/bench` in every variant and runs it, as a suite with a
 * harness of its own would. It says what ran and what was refused, and why.
 *
 * @module
 */

import { calls, primitives, repeat } from 'tidegate/bench';

/** What came of one case in one variant. */
export interface Ran {
  readonly name: string;
  readonly variant: string;
  readonly isAsync: boolean;
  /** What each turn returned. */
  readonly returned: 'promise' | 'nothing';
  /** The code of the refusal. */
  readonly refused?: string;
}

export default {
  async fetch(): Promise<Response> {
    const ran: Ran[] = [];
    for (const { name, variants, isAsync, make } of [...primitives, ...calls]) {
      for (const variant of variants) {
        const point = { name, variant, isAsync };
        try {
          const body = make(variant);
          const first = body();
          await first;
          await repeat(body, 3)();
          ran.push({ ...point, returned: first === undefined ? 'nothing' : 'promise' });
        } catch (thrown) {
          const { code, message } = thrown as { code?: string; message: string };
          ran.push({ ...point, returned: 'nothing', refused: code ?? message });
        }
      }
    }
    return Response.json(ran);
  },
};
