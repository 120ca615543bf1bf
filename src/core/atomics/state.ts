/**
 * STATE in plain JavaScript: phase, time, mover, who began the shutdown and report slot in one word,
 * moved by one compare-and-swap. It does not look at a clock.
 *
 * @module
 */

import {
  AT_ENTERED,
  AT_STATE,
  BEGAN_BY_RUNNER,
  BEGAN_TAG_MASK,
  DRAINING,
  MEMBER_BEGAN,
  OWNED_BY_APPLICATION,
  OWNED_BY_NOBODY,
  OWNED_BY_RUNNER,
  OWNED_BY_THE_DEAD,
  READY,
  SHUTTING_DOWN,
  STARTING,
  STATE_FAILED,
  STATE_FIELD_MASK,
  STATE_FIELD_SHIFT,
  STATE_MOVER_MASK,
  STATE_MOVER_SHIFT,
  STATE_PHASE_MASK,
  STATE_TIME_SHIFT,
  STATE_TIME_STEP,
  STOPPED,
} from '../../../assembly/layout.ts';
import type { Core, Flag } from '../core.ts';
import type { EpochModule } from './epoch.ts';
import { type MembersModule, memberLine } from './members.ts';
import { high, highOf, join, low, lowOf, split, TWO_32, type Words } from './words.ts';

export interface StateModule
  extends Pick<
    Core,
    | 'phase'
    | 'state'
    | 'enteredAt'
    | 'stoppedReport'
    | 'markReady'
    | 'markDraining'
    | 'beginShutdown'
    | 'runShutdown'
    | 'owner'
    | 'noteFailure'
    | 'hasFailed'
    | 'settle'
  > {
  move(to: number, now: number, member: number, field: number): Flag;
}

/** ENTERED_FLAG_SHIFT is 63: the sign of the upper half. */
const FLAG_HIGH = 0x80000000;
const ENTERED_UNTIMED = join(FLAG_HIGH, 0);
const TIME_HIGH_SHIFT = 32 - STATE_TIME_SHIFT;
const TIME_HIGH_STEP = 65_536;

export function stateModule(
  { load64, swap64 }: Words,
  { announce }: EpochModule,
  { advance, isAlive }: MembersModule,
): StateModule {
  // Two settlers cannot disagree about the current phase: the first swap of STATE gives its time.
  function settle(now: number): void {
    if (now <= 0) return;
    let current = load64(AT_STATE);
    while (!isTimed(current)) {
      const time = stateWord(now, 0, 0, 0);
      const timed = join(high(current) | high(time), low(current) | low(time));
      const found = swap64(AT_STATE, current, timed);
      if (found === current) break;
      current = found;
    }
    const phase = phaseOf(current);
    for (let past = 0; past < phase; past++) {
      if (load64(enteredSlot(past)) === ENTERED_UNTIMED) {
        swap64(enteredSlot(past), ENTERED_UNTIMED, join(highOf(now) | FLAG_HIGH, lowOf(now)));
      }
    }
  }

  // ENTERED before STATE: a reader of the next phase finds the time of this one.
  function help(upper: number, lower: number): void {
    const slot = enteredSlot(lower & STATE_PHASE_MASK);
    const entered = enteredWord(upper, lower);
    const found = swap64(slot, 0n, entered);
    if (found === 0n) return;
    if (found === ENTERED_UNTIMED && hasTime(upper, lower)) swap64(slot, ENTERED_UNTIMED, entered);
  }

  function move(to: number, now: number, member: number, field: number): Flag {
    while (true) {
      const current = load64(AT_STATE);
      const halves = split(current);
      const lower = halves[0] as number;
      const upper = halves[1] as number;
      if (!mayMove(lower & STATE_PHASE_MASK, to)) return 0;
      if (now > 0 && !hasTime(upper, lower)) {
        settle(now);
        continue;
      }
      help(upper, lower);
      const bits = (field << STATE_FIELD_SHIFT) | (lower & STATE_FAILED);
      if (swap64(AT_STATE, current, stateWord(now, member, bits, to)) === current) {
        announce();
        return 1;
      }
    }
  }

  return {
    phase: () => phaseOf(load64(AT_STATE)),

    state: () => {
      const halves = split(load64(AT_STATE));
      const lower = halves[0] as number;
      return timeOf(halves[1] as number, lower) * STATE_TIME_STEP + (lower & STATE_PHASE_MASK);
    },

    enteredAt: (wanted) => {
      const current = split(load64(AT_STATE));
      const lower = current[0] as number;
      const phase = lower & STATE_PHASE_MASK;
      if (phase === wanted) return timeOf(current[1] as number, lower);
      if (wanted > phase) return -1;
      const slot = split(load64(enteredSlot(wanted)));
      const flagged = slot[1] as number;
      if (flagged === 0) return -1;
      return (flagged & ~FLAG_HIGH) * TWO_32 + ((slot[0] as number) >>> 0);
    },

    stoppedReport: () => {
      const word = load64(AT_STATE);
      if (phaseOf(word) !== STOPPED) return -1;
      return fieldOf(low(word));
    },

    markReady: (now, member) => move(READY, now, member, 0),
    markDraining: (now, member) => move(DRAINING, now, member, 0),

    // BEGAN before STATE: who finds the move finds whose it was.
    beginShutdown: (now, member, incarnation) => {
      if (phaseOf(load64(AT_STATE)) >= SHUTTING_DOWN) return 0;
      advance(memberLine(member) + MEMBER_BEGAN, incarnation);
      return move(SHUTTING_DOWN, now, member, tagOfIncarnation(incarnation) << 1);
    },

    runShutdown: (now, member) => move(SHUTTING_DOWN, now, member, BEGAN_BY_RUNNER),

    owner: () => {
      const lower = low(load64(AT_STATE));
      if ((lower & STATE_PHASE_MASK) !== SHUTTING_DOWN) return OWNED_BY_NOBODY;
      const field = fieldOf(lower);
      if ((field & BEGAN_BY_RUNNER) !== 0) return OWNED_BY_RUNNER;
      const member = (lower >>> STATE_MOVER_SHIFT) & STATE_MOVER_MASK;
      const incarnation = high(load64(memberLine(member) + MEMBER_BEGAN)) >>> 0;
      const isOwner = tagOfIncarnation(incarnation) === field >> 1;
      return isOwner && isAlive(member, incarnation) ? OWNED_BY_APPLICATION : OWNED_BY_THE_DEAD;
    },

    noteFailure: () => {
      let current = load64(AT_STATE);
      while (phaseOf(current) !== STOPPED) {
        const halves = split(current);
        const lower = halves[0] as number;
        if ((lower & STATE_FAILED) !== 0) return 1;
        const found = swap64(AT_STATE, current, join(halves[1] as number, lower | STATE_FAILED));
        if (found === current) return 1;
        current = found;
      }
      return 0;
    },

    hasFailed: () => ((low(load64(AT_STATE)) & STATE_FAILED) !== 0 ? 1 : 0),
    settle,
    move,
  };
}

/** STATE of these four; `bits` are those between the phase and the mover. */
export function stateWord(now: number, mover: number, bits: number, phase: number): bigint {
  const upper = highOf(now);
  const lower = lowOf(now);
  return join(
    (upper << STATE_TIME_SHIFT) | (lower >>> TIME_HIGH_SHIFT),
    (lower << STATE_TIME_SHIFT) | (mover << STATE_MOVER_SHIFT) | bits | phase,
  );
}

function mayMove(from: number, to: number): boolean {
  switch (to) {
    case READY:
      return from === STARTING;
    case DRAINING:
      return from === READY;
    default:
      return from < to;
  }
}

function fieldOf(lower: number): number {
  return (lower >>> STATE_FIELD_SHIFT) & STATE_FIELD_MASK;
}

/** Incarnations of tenants are odd. */
function tagOfIncarnation(incarnation: number): number {
  return (incarnation >>> 1) & BEGAN_TAG_MASK;
}

function phaseOf(word: bigint): number {
  return low(word) & STATE_PHASE_MASK;
}

function timeOf(upper: number, lower: number): number {
  return (upper >>> 0) * TIME_HIGH_STEP + (lower >>> STATE_TIME_SHIFT);
}

function isTimed(word: bigint): boolean {
  return hasTime(high(word), low(word));
}

function hasTime(upper: number, lower: number): boolean {
  return (upper | (lower >>> STATE_TIME_SHIFT)) !== 0;
}

/** What ENTERED says of a phase whose STATE had these halves: its time, below the flag. */
function enteredWord(upper: number, lower: number): bigint {
  return join(
    (upper >>> STATE_TIME_SHIFT) | FLAG_HIGH,
    (upper << TIME_HIGH_SHIFT) | (lower >>> STATE_TIME_SHIFT),
  );
}

function enteredSlot(phase: number): number {
  return AT_ENTERED + phase * 8;
}
