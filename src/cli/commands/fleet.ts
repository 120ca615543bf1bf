/**
 * `fleet status|drain|shutdown`: where the fleet is that the service follows, and what moves it as a whole. It
 * asks one process, and waits for none of the others.
 *
 * @module
 */

import { elapsed } from '../../http/elapsed.ts';
import { admitted, type FleetOnWire, isFleetAnswer, isRefusal } from '../answers.ts';
import type { Call } from '../arguments.ts';
import { ask } from '../ask.ts';
import { CommandError, Exit, type Outcome } from '../exit.ts';
import { plain } from '../plain.ts';

/** What a service answers where there is a fleet, but it does not do what was asked. */
const REFUSALS: readonly number[] = [400, 404, 409, 503];

/** `fleet`. That it was so already is a success, too. */
export async function fleet(call: Call, token: string | undefined): Promise<Outcome> {
  const { fleet: what, deployment, timeoutMs } = call;
  const url = `${call.target.base}/fleet/${what}`;
  const body = deployment === undefined ? '' : JSON.stringify({ deployment });
  const method = what === 'status' ? 'GET' : 'POST';
  const answer = await ask({ url, method, token, body, timeoutMs });
  if (REFUSALS.includes(answer.status) && isRefusal(answer.body)) {
    return { exit: Exit.Failed, text: plain(answer.body.error), json: answer.body };
  }
  if (answer.status === 404) {
    const message = `${plain(url)} answers 404: the service follows no fleet`;
    throw new CommandError(Exit.Unreachable, message);
  }
  const told = admitted(url, answer, isFleetAnswer, token !== undefined);
  const again = what === 'status' || told.changed ? '' : ', as before';
  return { exit: Exit.Ok, text: `${textOf(told)}${again}`, json: told };
}

function textOf({ phase, deployment, newest, settles_in_ms: settles }: FleetOnWire): string {
  const other = newest === deployment ? '' : ` (the newest is ${plain(newest)})`;
  const left = settles === null || settles === 0 ? '' : `, settled in ${elapsed(settles)}`;
  return `${plain(deployment)}${other}: ${phase}${left}`;
}
