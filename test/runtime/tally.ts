/**
 * A client that asks until the service is gone, and counts what became of its requests.
 *
 * @module
 */

import { Cut, saysClose, Wire } from './wire.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What one client saw until the service was gone. */
export interface Tally {
  answered: number;
  /** Requests without a whole reply on a connection that had given one before. */
  lostKept: string[];
  /** The same on a connection that had not: it may never have been accepted. */
  lostFresh: string[];
  /** Kept connections that the server ended while nothing was asked. */
  endedIdle: number;
}

/**
 * Asks again and again on a kept-alive connection; opens another where the server says to.
 *
 * @param mayRefuse a 503 of a closed gate is an answer like any other
 */
export async function client(
  port: number,
  pauseMs: () => number,
  tally: Tally,
  mayRefuse = false,
): Promise<void> {
  while (true) {
    let wire: Wire;
    try {
      wire = await Wire.open(port);
    } catch {
      return;
    }
    let last = false;
    while (!last) {
      const pause = pauseMs();
      if (pause > 0) await sleep(pause);
      if (wire.isOver) {
        tally.endedIdle += 1;
        break;
      }
      try {
        const reply = await wire.request('/fast');
        const isRefused = mayRefuse && reply.status === 503;
        const isAnswered = reply.status === 200 && reply.body === 'fast';
        if (!isRefused && !isAnswered) throw new Error(`Got ${reply.status}`);
        tally.answered += 1;
        last = saysClose(reply);
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        (wire.replies > 0 ? tally.lostKept : tally.lostFresh).push(error.message);
        break;
      }
    }
    wire.socket.destroy();
  }
}
