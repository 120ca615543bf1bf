/**
 * The end of a membership: a thread that gives its place back, and one that is declared dead. Taking a
 * place is `seat.ts`.
 *
 * @module
 */

import { MEMBER_CAPACITY } from '../../assembly/layout.ts';
import { added } from '../core/backends.ts';
import { isWhole, must } from './check.ts';
import { LifecycleError } from './errors.ts';
import type { Member, Seat } from './seat.ts';
import type { Shutdown } from './shutdown.ts';

/** See `Lifecycle.detach`. */
export function detach(seat: Seat, { running }: Shutdown): void {
  const { core, member, boots } = seat;
  const held = core.writesOf(member.number) + core.queriesOf(member.number);
  if (held > 0) throw busy(`it still holds permits (${held})`);
  if (boots > 0) throw busy(`it still runs stages (${boots})`);
  if (running) throw busy('it still runs the shutdown');
  seat.leave();
}

/** See `Lifecycle.reap`. */
export function reap(seat: Seat, shutdown: Shutdown, member: Member): boolean {
  const { number, incarnation } = member ?? {};
  const isMember = isWhole(number, 0, MEMBER_CAPACITY - 1) && isWhole(incarnation, 1);
  must(isMember, 'reap', 'it must be the member of a lifecycle', member);
  if (number === seat.member.number && incarnation === seat.member.incarnation) {
    throw new LifecycleError('invalid_argument', 'Cannot reap the calling member: use detach()');
  }
  const isReaped = seat.core.reap(number, incarnation) === 1;
  if (isReaped) added.leases?.orphan(seat, member);
  shutdown.goOn();
  return isReaped;
}

function busy(why: string): LifecycleError {
  return new LifecycleError('member_busy', `Cannot detach: ${why}`);
}
