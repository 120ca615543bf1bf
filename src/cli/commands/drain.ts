/**
 * `drain`: closes the gate to writes. It does not wait for the writes in flight.
 *
 * @module
 */

import { admitted, isDrainAnswer } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { Exit, type Outcome } from '../exit.ts';

/** `drain`. */
export async function drain(call: Call, token: string | undefined): Promise<Outcome> {
  const url = `${call.target.base}/admin/drain`;
  const answer = await ask({ url, method: 'POST', token, timeoutMs: call.timeoutMs });
  const body = admitted(url, answer, isDrainAnswer, token !== undefined);
  return body.ok
    ? { exit: Exit.Ok, text: body.phase, json: body }
    : { exit: Exit.Failed, text: `not drained: it is still ${body.phase}`, json: body };
}
