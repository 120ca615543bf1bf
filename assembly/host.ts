/**
 * HOST: who runs the shutdown, and whether one was accepted. It does not run anything.
 *
 * One word answers both, so an acceptance cannot fall between a host that leaves and one that comes:
 * leaving is a compare-and-swap that an acceptance makes fail, and an acceptance is a compare-and-swap
 * that finds the host of that very moment.
 *
 * A host is valid only while its member's OWNER bears the incarnation in HOST. Reaping a host
 * therefore vacates HOST without a step of its own, so no death of a reaper can leave it half
 * done. The term tells two tenures of the same member apart: a runner that was given up finds
 * another term and stops.
 *
 * The budget of a host's pipeline is in its own line, with its incarnation, and is stored before
 * the swap that makes it the host: whoever finds a host finds its budget, and that of a stand-by is
 * not seen.
 *
 * @module
 */

import { announce } from './epoch';
import {
  AT_ACCEPTED_AT,
  AT_BUDGET,
  AT_EXITS,
  AT_HOST,
  AT_SEEN,
  HOST_ACCEPTED_MASK,
  HOST_ACCEPTED_SHIFT,
  HOST_MEMBER_MASK,
  HOST_STARTED,
  HOST_TERM_MASK,
  HOST_TERM_SHIFT,
  INCARNATION_SHIFT,
  MEMBER_BUDGET,
  MEMBER_OWNER,
  MEMBER_TRIGGER,
  MEMBER_TRIGGER_LENGTH,
  OWNER_PIPELINE,
  OWNER_STEPS,
  SEEN_ENDED,
} from './layout';
import { isAlive, memberLine, membersUsed, owns } from './members';
import { copyWords, staging } from './texts';

/**
 * Makes this member the host unless a living one is: its term (0-65535), or -1. Asked again by the
 * host it answers the same term. `budget` is that of its pipeline, in milliseconds.
 */
export function takeHost(member: i32, incarnation: u32, budget: f64): i32 {
  storeBudget(member, incarnation, budget);
  while (true) {
    const host = atomic.load<u64>(AT_HOST);
    const term = termOf(host);
    if (isHostedBy(host, member, incarnation)) return term;
    if (isHosted(host) || !isAlive(member, incarnation)) return -1;
    const next = (term + 1) & HOST_TERM_MASK;
    const mine =
      ((<u64>incarnation) << INCARNATION_SHIFT) |
      ((<u64>(<u32>next)) << HOST_TERM_SHIFT) |
      (host & (HOST_ACCEPTED_MASK | HOST_STARTED)) |
      <u64>(<u32>(member + 1));
    if (atomic.cmpxchg<u64>(AT_HOST, host, mine) === host) return next;
  }
}

/**
 * Says that the host of `term` begins to run: 0 if it is the first to do so, 1 if another has begun
 * before it (it is a successor), -1 if it is not the host any more.
 */
export function startRun(member: i32, incarnation: u32, term: i32): i32 {
  let host = atomic.load<u64>(AT_HOST);
  while (isHostedBy(host, member, incarnation) && termOf(host) === term) {
    if ((host & HOST_STARTED) !== 0) return 1;
    const found = atomic.cmpxchg<u64>(AT_HOST, host, host | HOST_STARTED);
    if (found === host) return 0;
    host = found;
  }
  return -1;
}

/** True while the tenure `term` of this member lasts: what a runner asks before every step. */
export function hosting(member: i32, incarnation: u32, term: i32): bool {
  const host = atomic.load<u64>(AT_HOST);
  return (
    isHostedBy(host, member, incarnation) && termOf(host) === term && isAlive(member, incarnation)
  );
}

/** Gives the place of the host back; false if this member is not it, or a shutdown was accepted. */
export function leaveHost(member: i32, incarnation: u32): bool {
  while (true) {
    const host = atomic.load<u64>(AT_HOST);
    if (!isHostedBy(host, member, incarnation) || wasAccepted(host)) return false;
    const vacant = host & (((<u64>HOST_TERM_MASK) << HOST_TERM_SHIFT) | HOST_STARTED);
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
export function acceptShutdown(member: i32, length: i32): bool {
  let host = atomic.load<u64>(AT_HOST);
  if (wasAccepted(host)) return false;
  const line = memberLine(member);
  copyWords(staging(member), line + MEMBER_TRIGGER, (length + 3) >> 2);
  atomic.store<i32>(line + MEMBER_TRIGGER_LENGTH, length + 1);
  while (!wasAccepted(host)) {
    const accepted = host | ((<u64>(<u32>(member + 1))) << HOST_ACCEPTED_SHIFT);
    const found = atomic.cmpxchg<u64>(AT_HOST, host, accepted);
    if (found === host) {
      announce();
      return true;
    }
    host = found;
  }
  return false;
}

/** True once a shutdown was accepted. */
export function isAccepted(): bool {
  return wasAccepted(atomic.load<u64>(AT_HOST));
}

/** Copies the trigger of the accepted shutdown to the staging place of `member`; -1 without one. */
export function readTrigger(member: i32): i32 {
  const host = atomic.load<u64>(AT_HOST);
  const accepter = (<i32>host & HOST_ACCEPTED_MASK) >> HOST_ACCEPTED_SHIFT;
  if (accepter === 0) return -1;
  const line = memberLine(accepter - 1);
  const length = atomic.load<i32>(line + MEMBER_TRIGGER_LENGTH) - 1;
  copyWords(line + MEMBER_TRIGGER, staging(member), (length + 3) >> 2);
  return length;
}

/** The member that hosts, or -1. */
export function hostMember(): i32 {
  const host = atomic.load<u64>(AT_HOST);
  return isHosted(host) ? (<i32>host & HOST_MEMBER_MASK) - 1 : -1;
}

/**
 * Says what this member would host with: OWNER_PIPELINE, OWNER_STEPS or 0; false if it was reaped.
 */
export function setStandby(member: i32, incarnation: u32, rank: i32): bool {
  const word = memberLine(member) + MEMBER_OWNER;
  let owner = atomic.load<u64>(word);
  while (owns(owner, incarnation)) {
    const next = (owner & ~(<u64>(OWNER_PIPELINE | OWNER_STEPS))) | <u64>(<u32>rank);
    const found = atomic.cmpxchg<u64>(word, owner, next);
    if (found === owner) return true;
    owner = found;
  }
  return false;
}

/** How many living members have any of `ranks`: OWNER_PIPELINE, OWNER_STEPS, or both. */
export function standbys(ranks: i32): i32 {
  let count = 0;
  const used = membersUsed();
  for (let member = 0; member < used; member++) {
    const owner = atomic.load<u64>(memberLine(member) + MEMBER_OWNER);
    // A free line has none of these bits.
    if ((<i32>owner & ranks) !== 0) count++;
  }
  return count;
}

/** Stamps the wall clock of the acceptance; the first stamp stays, and is what it answers. */
export function stampAcceptedAt(time: f64): f64 {
  return stampOnce(AT_ACCEPTED_AT, time);
}

/** Stamps the budget in force plus one; likewise. */
export function stampBudget(budget: f64): f64 {
  return stampOnce(AT_BUDGET, budget);
}

/** The budget of the host's pipeline plus one, in milliseconds; 0 while there is no host. */
export function hostBudget(): f64 {
  const host = atomic.load<u64>(AT_HOST);
  if (!isHosted(host)) return 0;
  const budget = atomic.load<u64>(memberLine((<i32>host & HOST_MEMBER_MASK) - 1) + MEMBER_BUDGET);
  // Another incarnation's: the host was reaped after the look at it.
  if (<u32>(budget >> INCARNATION_SHIFT) !== <u32>(host >> INCARNATION_SHIFT)) return 0;
  return <f64>(<u32>budget) + 1;
}

/** Adds `change` to the number of those who end the process once it is Stopped; the sum before. */
export function exits(change: i32): i32 {
  return atomic.add<i32>(AT_EXITS, change);
}

/** Ends the pre-drain, also one that is to come. */
export function endPreDrain(): void {
  atomic.or<u32>(AT_SEEN, <u32>SEEN_ENDED);
  announce();
}

/** True once it was ended so. */
export function isPreDrainEnded(): bool {
  return (atomic.load<u32>(AT_SEEN) & <u32>SEEN_ENDED) !== 0;
}

/** Counts a readiness probe that saw the accepted shutdown. */
export function noteProbe(): void {
  atomic.add<i32>(AT_SEEN, 1);
  announce();
}

/** How many readiness probes saw the accepted shutdown. */
export function probesSeen(): i32 {
  return <i32>(atomic.load<u32>(AT_SEEN) & ~(<u32>SEEN_ENDED));
}

/** By the line's owner; a thread that was declared dead and runs on does not undo its successor's. */
function storeBudget(member: i32, incarnation: u32, budget: f64): void {
  const word = memberLine(member) + MEMBER_BUDGET;
  const mine = ((<u64>incarnation) << INCARNATION_SHIFT) | <u64>budget;
  let found = atomic.load<u64>(word);
  while (<u32>(found >> INCARNATION_SHIFT) <= incarnation && found !== mine) {
    const previous = found;
    found = atomic.cmpxchg<u64>(word, previous, mine);
    if (found === previous) return;
  }
}

function wasAccepted(host: u64): bool {
  return (host & HOST_ACCEPTED_MASK) !== 0;
}

function termOf(host: u64): i32 {
  return <i32>(host >> HOST_TERM_SHIFT) & HOST_TERM_MASK;
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

/** 0 only asks. */
function stampOnce(word: i32, time: f64): f64 {
  const found = atomic.load<u64>(word);
  if (found !== 0 || time <= 0) return <f64>found;
  const before = atomic.cmpxchg<u64>(word, 0, <u64>time);
  return <f64>(before === 0 ? <u64>time : before);
}
