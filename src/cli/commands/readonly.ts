/**
 * `readonly on|off`: sets or lifts the hold that refuses writes. Other holds stay as they are.
 *
 * @module
 */

import { admitted, isReadOnlyAnswer } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { Exit, type Outcome } from '../exit.ts';

/** `readonly`. That it was so already is a success, too. */
export async function readOnly(call: Call, token: string | undefined): Promise<Outcome> {
  const url = `${call.target.base}/admin/readonly`;
  const body = JSON.stringify({ enabled: call.isOn });
  const answer = await ask({ url, method: 'POST', token, body, timeoutMs: call.timeoutMs });
  const set = admitted(url, answer, isReadOnlyAnswer, token !== undefined);
  const state = set.read_only ? 'read-only' : 'not read-only';
  return { exit: Exit.Ok, text: set.changed ? state : `${state}, as before`, json: set };
}
