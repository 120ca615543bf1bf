/**
 * HOST: who runs the shutdown, and whether one was accepted. It does not run anything.
 *
 * One word answers both, so a request cannot fall between a host that leaves and one that comes:
 * leaving is a compare-and-swap that a request makes fail, and a request is a compare-and-swap
 * that finds the host of that very moment.
 *
 * A host is valid only while its member's OWNER bears the incarnation in HOST. Reaping a host
 * therefore vacates HOST without a step of its own, so no death of a reaper can leave it half
 * done. The epoch tells two tenures of the same member apart: a runner that was given up finds
 * another epoch and stops.
 *
 * @module
 */

import { announce } from './epoch';
import {
  AT_ACCEPTED,
  AT_BUDGET,
  AT_DEADLINE,
  AT_HOST,
  AT_SEEN,
  HOST_EPOCH_MASK,
  HOST_EPOCH_SHIFT,
  HOST_MEMBER_MASK,
  HOST_REQUESTER_MASK,
  HOST_REQUESTER_SHIFT,
  INCARNATION_SHIFT,
  MEMBER_OWNER,
  MEMBER_TRIGGER,
  MEMBER_TRIGGER_LENGTH,
  OWNER_STANDBY,
} from './layout';
import { isAlive, memberLine, membersUsed, owns } from './members';
import { copyWords, staging } from './texts';

/**
 * Makes this member the host unless a living one is: the epoch of its tenure (0-65535), or -1.
 * Asked again by the host it answers the same epoch.
 */
export function takeHost(member: i32, incarnation: u32): i32 {
  while (true) {
    const host = atomic.load<u64>(AT_HOST);
    const epoch = <i32>(host >> HOST_EPOCH_SHIFT) & HOST_EPOCH_MASK;
    if (isHostedBy(host, member, incarnation)) return epoch;
    if (isHosted(host) || !isAlive(member, incarnation)) return -1;
    const next = (epoch + 1) & HOST_EPOCH_MASK;
    const mine =
      ((<u64>incarnation) << INCARNATION_SHIFT) |
      ((<u64>(<u32>next)) << HOST_EPOCH_SHIFT) |
      (host & HOST_REQUESTER_MASK) |
      <u64>(<u32>(member + 1));
    if (atomic.cmpxchg<u64>(AT_HOST, host, mine) === host) return next;
  }
}

/** True while the tenure `epoch` of this member lasts: what a runner asks before every step. */
export function hosting(member: i32, incarnation: u32, epoch: i32): bool {
  const host = atomic.load<u64>(AT_HOST);
  return (
    isHostedBy(host, member, incarnation) &&
    (<i32>(host >> HOST_EPOCH_SHIFT) & HOST_EPOCH_MASK) === epoch &&
    isAlive(member, incarnation)
  );
}

/** Gives the place of the host back; false if this member is not it, or a shutdown was accepted. */
export function leaveHost(member: i32, incarnation: u32): bool {
  while (true) {
    const host = atomic.load<u64>(AT_HOST);
    if (!isHostedBy(host, member, incarnation) || (host & HOST_REQUESTER_MASK) !== 0) return false;
    const vacant = host & ((<u64>HOST_EPOCH_MASK) << HOST_EPOCH_SHIFT);
    if (atomic.cmpxchg<u64>(AT_HOST, host, vacant) === host) {
      announce();
      return true;
    }
  }
}

/**
 * Accepts a shutdown with the trigger that `member` has staged (`length` bytes, -1 for none);
 * true if this is the call that did. The trigger is in place before the swap that points to it,
 * and nobody writes it again: a line writes its trigger only while nothing is accepted, and its
 * owner is the one that may.
 */
export function requestShutdown(member: i32, length: i32): bool {
  let host = atomic.load<u64>(AT_HOST);
  if ((host & HOST_REQUESTER_MASK) !== 0) return false;
  const line = memberLine(member);
  copyWords(staging(member), line + MEMBER_TRIGGER, (length + 3) >> 2);
  atomic.store<i32>(line + MEMBER_TRIGGER_LENGTH, length + 1);
  while ((host & HOST_REQUESTER_MASK) === 0) {
    const requested = host | ((<u64>(<u32>(member + 1))) << HOST_REQUESTER_SHIFT);
    const found = atomic.cmpxchg<u64>(AT_HOST, host, requested);
    if (found === host) {
      announce();
      return true;
    }
    host = found;
  }
  return false;
}

/** True once a shutdown was accepted. */
export function isRequested(): bool {
  return (atomic.load<u64>(AT_HOST) & HOST_REQUESTER_MASK) !== 0;
}

/** Copies the trigger of the accepted request to the staging place of `member`; -1 without one. */
export function readTrigger(member: i32): i32 {
  const host = atomic.load<u64>(AT_HOST);
  const requester = <i32>(host & HOST_REQUESTER_MASK) >> HOST_REQUESTER_SHIFT;
  if (requester === 0) return -1;
  const line = memberLine(requester - 1);
  const length = atomic.load<i32>(line + MEMBER_TRIGGER_LENGTH) - 1;
  copyWords(line + MEMBER_TRIGGER, staging(member), (length + 3) >> 2);
  return length;
}

/** The member that hosts, or -1. */
export function hostMember(): i32 {
  const host = atomic.load<u64>(AT_HOST);
  return isHosted(host) ? (<i32>host & HOST_MEMBER_MASK) - 1 : -1;
}

/** Says whether this member would take over; false if it was reaped. */
export function setStandby(member: i32, incarnation: u32, on: bool): bool {
  const word = memberLine(member) + MEMBER_OWNER;
  let owner = atomic.load<u64>(word);
  while (owns(owner, incarnation)) {
    const next = on ? owner | OWNER_STANDBY : owner & ~(<u64>OWNER_STANDBY);
    const found = atomic.cmpxchg<u64>(word, owner, next);
    if (found === owner) return true;
    owner = found;
  }
  return false;
}

/** How many living members would take over. */
export function standbys(): i32 {
  let count = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) {
    const owner = atomic.load<u64>(memberLine(member) + MEMBER_OWNER);
    // A free line has neither bit.
    if ((owner & OWNER_STANDBY) !== 0) count++;
  }
  return count;
}

/** Stamps when the shutdown was accepted; the first stamp stays, and is what it answers. */
export function stampAccepted(time: f64): f64 {
  return stampOnce(AT_ACCEPTED, time);
}

/** Stamps by when the shutdown must be over; the first stamp stays, and is what it answers. */
export function stampDeadline(time: f64): f64 {
  return stampOnce(AT_DEADLINE, time);
}

/**
 * Stores the budget of a pipeline, milliseconds: whoever looks after a host whose loop is blocked
 * knows by when the shutdown must be over, though the host has not stamped it.
 */
export function setBudget(budget: f64): void {
  atomic.store<u64>(AT_BUDGET, <u64>budget);
}

/** The budget stored last, 0 if none was. */
export function budget(): f64 {
  return <f64>atomic.load<u64>(AT_BUDGET);
}

/** Counts a readiness probe that saw the accepted shutdown. */
export function noteProbe(): void {
  atomic.add<i32>(AT_SEEN, 1);
  announce();
}

/** How many readiness probes saw the accepted shutdown. */
export function probesSeen(): i32 {
  return atomic.load<i32>(AT_SEEN);
}

function isHostedBy(host: u64, member: i32, incarnation: u32): bool {
  return (
    (<i32>host & HOST_MEMBER_MASK) === member + 1 &&
    <u32>(host >> INCARNATION_SHIFT) === incarnation
  );
}

function isHosted(host: u64): bool {
  const member = (<i32>host & HOST_MEMBER_MASK) - 1;
  return member >= 0 && isAlive(member, <u32>(host >> INCARNATION_SHIFT));
}

/** A time of 0 only asks. */
function stampOnce(word: i32, time: f64): f64 {
  const found = atomic.load<u64>(word);
  if (found !== 0 || time <= 0) return <f64>found;
  const before = atomic.cmpxchg<u64>(word, 0, <u64>time);
  return <f64>(before === 0 ? <u64>time : before);
}
