/**
 * Members: who takes part. A line belongs to one thread from `attach` to `reap` (a thread that
 * leaves of its own accord reaps itself).
 *
 * OWNER says who has the line: its incarnation is odd while it is taken, even while it is free,
 * and only grows. Every other word that belongs to a tenancy carries the incarnation too and is
 * changed by compare-and-swap only. So whatever a tenant of the past still does (a release after
 * its reap, a second reaper that is slow) finds another incarnation and changes nothing.
 *
 * ```text
 *            attach: i -> i+1, alive                reap: i+1 -> i+2
 *   free i  -------------------------->  taken i+1  ----------------->  free i+2
 * ```
 *
 * @module
 */

import { countLine, settleCount } from './counts';
import { announce } from './epoch';
import {
  ADMITTED_MASK,
  ADMITTED_SHIFT,
  AT_EPOCH,
  AT_MEMBER_CAPACITY,
  AT_MEMBERS,
  AT_USED,
  COUNT_QUERIES,
  COUNT_WRITES,
  INCARNATION_SHIFT,
  INCARNATION_STEP,
  MEMBER_BEAT,
  MEMBER_BOOTS,
  MEMBER_OWNER,
  MEMBER_QUERIES,
  MEMBER_SIZE,
  MEMBER_WRITES,
  OWNER_ALIVE,
  OWNER_TAG_MASK,
  OWNER_TAG_SHIFT,
} from './layout';
import { renewTexts } from './texts';

/**
 * Takes the first free line: incarnation and member, by INCARNATION_STEP, or -1 when none is free. `tag` names
 * the thread to its runtime. Free lines are handed out in order, and an EPOCH that moved during
 * the scan means that a line may have been freed behind it: look again.
 */
export function attach(tag: i32): f64 {
  const capacity = atomic.load<i32>(AT_MEMBER_CAPACITY);
  while (true) {
    const epoch = atomic.load<i32>(AT_EPOCH);
    for (let member = 0; member < capacity; member++) {
      const word = memberLine(member) + MEMBER_OWNER;
      const owner = atomic.load<u64>(word);
      if ((owner & OWNER_ALIVE) !== 0) continue;
      const incarnation = <u32>(owner >> INCARNATION_SHIFT) + 1;
      const taken =
        ((<u64>incarnation) << INCARNATION_SHIFT) |
        ((<u64>(<u32>(tag & OWNER_TAG_MASK))) << OWNER_TAG_SHIFT) |
        OWNER_ALIVE;
      if (atomic.cmpxchg<u64>(word, owner, taken) !== owner) continue;
      settleIn(member, incarnation);
      return <f64>incarnation * INCARNATION_STEP + <f64>member;
    }
    if (atomic.load<i32>(AT_EPOCH) === epoch) return -1;
  }
}

/**
 * Frees the line of a member that is gone: its permits are no longer counted, and it hosts no
 * more (HOST is valid only while OWNER bears its incarnation, so nothing needs to be cleared).
 * True if this call freed it. Announces in any case, even when it did nothing: a reaper that died
 * between freeing and announcing is made good by the next one.
 */
export function reap(member: i32, incarnation: u32): bool {
  const line = memberLine(member);
  let freed = false;
  let owner = atomic.load<u64>(line + MEMBER_OWNER);
  if (owns(owner, incarnation)) {
    advance(line + MEMBER_WRITES, incarnation + 1);
    advance(line + MEMBER_QUERIES, incarnation + 1);
    // Before the line is free: whoever attaches is seen at once, and must not be seen with this
    // heartbeat. A reaper that comes late may clear a newcomer's first one, which beats again.
    atomic.store<u64>(line + MEMBER_BEAT, 0);
  }
  while (owns(owner, incarnation)) {
    const free = (<u64>(incarnation + 1)) << INCARNATION_SHIFT;
    const found = atomic.cmpxchg<u64>(line + MEMBER_OWNER, owner, free);
    if (found === owner) {
      freed = true;
      break;
    }
    owner = found;
  }
  announce();
  return freed;
}

/** True while `member` is the tenant of that incarnation. */
export function isAlive(member: i32, incarnation: u32): bool {
  return owns(atomic.load<u64>(memberLine(member) + MEMBER_OWNER), incarnation);
}

/** The member's incarnation, or 0 while its line is free. */
export function incarnationOf(member: i32): f64 {
  const owner = atomic.load<u64>(memberLine(member) + MEMBER_OWNER);
  return (owner & OWNER_ALIVE) === 0 ? 0 : <f64>(owner >> INCARNATION_SHIFT);
}

/** The tag that the member was attached with. */
export function tagOf(member: i32): i32 {
  const owner = atomic.load<u64>(memberLine(member) + MEMBER_OWNER);
  return <i32>(owner >> OWNER_TAG_SHIFT) & OWNER_TAG_MASK;
}

/** How many lines have ever been used: no loop needs to look further. */
export function membersUsed(): i32 {
  return atomic.load<i32>(AT_USED);
}

/** Stores the number of the member's heartbeat: its thread's event loop turns. */
export function beat(member: i32, count: f64): void {
  atomic.store<u64>(memberLine(member) + MEMBER_BEAT, <u64>count);
}

/** How often the member has beaten, 0 if it never did. */
export function beatOf(member: i32): f64 {
  return <f64>atomic.load<u64>(memberLine(member) + MEMBER_BEAT);
}

export function memberLine(member: i32): i32 {
  return AT_MEMBERS + member * MEMBER_SIZE;
}

export function owns(owner: u64, incarnation: u32): bool {
  return (owner & OWNER_ALIVE) !== 0 && <u32>(owner >> INCARNATION_SHIFT) === incarnation;
}

/**
 * The rest of an attach. USED is raised before the first permit can be asked for: a drainer that
 * loads USED too early to see it has moved STATE earlier still, and the permit is taken back.
 */
function settleIn(member: i32, incarnation: u32): void {
  let used = atomic.load<i32>(AT_USED);
  while (used <= member) {
    const found = atomic.cmpxchg<i32>(AT_USED, used, member + 1);
    if (found === used) break;
    used = found;
  }
  const line = memberLine(member);
  atomic.store<u64>(line + MEMBER_BEAT, 0);
  advance(line + MEMBER_WRITES, incarnation);
  advance(line + MEMBER_QUERIES, incarnation);
  advance(line + MEMBER_BOOTS, incarnation);
  const counts = countLine(member);
  settleCount(counts + COUNT_WRITES, line + MEMBER_WRITES, incarnation);
  settleCount(counts + COUNT_QUERIES, line + MEMBER_QUERIES, incarnation);
  renewTexts(member);
}

/**
 * Brings a word to a newer incarnation with nothing held; never back to an older one. What was
 * admitted stays: it counts the line, whoever has it.
 */
export function advance(word: i32, incarnation: u32): void {
  let found = atomic.load<u64>(word);
  while (<u32>(found >> INCARNATION_SHIFT) < incarnation) {
    const previous = found;
    const admitted = previous & ((<u64>ADMITTED_MASK) << ADMITTED_SHIFT);
    const next = ((<u64>incarnation) << INCARNATION_SHIFT) | admitted;
    found = atomic.cmpxchg<u64>(word, previous, next);
    if (found === previous) return;
  }
}
