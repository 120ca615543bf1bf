/**
 * What a worker does when it is asked: takes a seat in a lifecycle and moves it, or runs all that
 * its parent would run.
 *
 * @module
 */

import { Lifecycle, type Permit } from '../../../src/index.ts';
import type { Answer, Hire, Order, Question } from './hand.ts';
import { perform } from './perform.ts';

/** Makes the one who answers. */
export function player(hire: Hire): (question: Question) => Promise<Answer> {
  let seat: Lifecycle | undefined;
  let permit: Permit | null = null;

  const play = async (order: Order): Promise<unknown> => {
    if (order.act === 'conform') return perform(order.task, hire);
    if (order.act === 'attach') {
      seat = Lifecycle.attach(order.handle, { backend: order.backend });
      return seat.backend;
    }
    if (seat === undefined) throw new Error(`Asked to ${order.act} before it attached`);
    switch (order.act) {
      case 'look':
        return [seat.phase(), seat.readyAtMs(), seat.notReadyReason()];
      case 'ready':
        return seat.markReady();
      case 'block':
        return seat.waitForSync(order.until, order.timeoutMs);
      case 'enter': {
        const entered = seat.gate.tryEnter('write');
        permit ??= entered;
        return entered !== null;
      }
      case 'leave':
        return permit?.release();
      case 'shutdown':
        return seat.shutdown({ trigger: 'worker' });
    }
  };

  return async ({ id, order }) => {
    try {
      return { id, value: await play(order) };
    } catch (error) {
      return { id, error: error instanceof Error ? `${error}\n${error.stack}` : String(error) };
    }
  };
}
