/**
 * The specification: a whole lifecycle, small and sequential, written from docs/contract.md and from
 * nothing else. It has no threads, no words and no order of steps, and shares no code with the
 * backends. What they do side by side must be what this does in some order.
 *
 * Whoever changes a rule changes it here, too, and on purpose.
 *
 * @module
 */

import { wordsOf } from '../../../src/core/atomics/words.ts';
import type { Core } from '../../../src/core/core.ts';
import type { Thread } from '../machine.ts';
import { gateCalls } from './gate.ts';
import { Members, memberCalls, yes } from './members.ts';
import { Phases, phaseCalls } from './phases.ts';
import { shutdownCalls } from './shutdown.ts';

/** It has none: what looks at words is not judged by a specification. */
const NO_WORDS = wordsOf(new ArrayBuffer(0), Atomics);
/** Where the staging places are; only this module knows. */
const STAGING = 0x100_0000;
const STAGING_SIZE = 256;
/** Set in the last word of a stage's name. */
const NAME_END = 0x8000_0000;

/** A lifecycle of its own, with what a thread of a scenario has at hand. */
export function specified(): Thread {
  const members = new Members();
  const phases = new Phases(members);
  const shutdown = shutdownCalls(phases, members);
  const gate = gateCalls(phases, members, shutdown.isLeaving);
  const words = new Map<number, number>();
  const stages: { capacity: number; readonly names: (readonly number[])[] } = {
    capacity: 0,
    names: [],
  };
  let reason: readonly number[] | undefined;
  let trigger: readonly number[] | undefined;
  let [reasonLength, triggerLength] = [-1, -1];

  const placeOf = (member: number): number => STAGING + member * STAGING_SIZE;
  const staged = (member: number, length: number): number[] =>
    Array.from(
      { length: (length + 3) >> 2 },
      (_, index) => words.get(placeOf(member) + index * 4) ?? 0,
    );
  const giveTo = (member: number, text: readonly number[]): void => {
    for (const [index, word] of text.entries()) words.set(placeOf(member) + index * 4, word);
  };

  const core: Core = {
    ...phaseCalls(phases),
    ...memberCalls(members),
    ...gate.calls,
    ...shutdown.calls,
    create: (now, memberCapacity, stageCapacity, reportCapacity, checkCapacity) => {
      members.capacity = memberCapacity;
      stages.capacity = stageCapacity;
      shutdown.reports.capacity = reportCapacity;
      gate.checks.capacity = checkCapacity;
      phases.entered.set(0, now);
    },
    // One name, one cell, in the order of first registration.
    stage: (member, length) => {
      const name = staged(member, length);
      const last = name.length - 1;
      name[last] = ((name[last] ?? 0) | NAME_END) >>> 0;
      const found = stages.names.findIndex((each) => each.join() === name.join());
      if (found >= 0) return found;
      return stages.names.length < stages.capacity ? stages.names.push(name) - 1 : -1;
    },
    stageWord: (cell, index) => (stages.names[cell]?.[index] ?? 0) | 0,
    staging: placeOf,
    // A reason belongs to Starting.
    publishReason: (member, length) => {
      if (!phases.isStarting()) return;
      reason = staged(member, length);
      reasonLength = length;
    },
    readReason: (member) => {
      if (!phases.isStarting() || reason === undefined) return -1;
      giveTo(member, reason);
      return reasonLength;
    },
    acceptShutdown: (member, length) => {
      if (!shutdown.accept()) return yes(false);
      trigger = staged(member, length);
      triggerLength = length;
      return yes(true);
    },
    readTrigger: (member) => {
      if (trigger === undefined) return -1;
      giveTo(member, trigger);
      return triggerLength;
    },
    epoch: () => 0,
    waitEpoch: () => 1,
  };
  return {
    core,
    store: (address, value) => void words.set(address, value >>> 0),
    load: (address) => words.get(address) ?? 0,
    wait: () => {},
    words: NO_WORDS,
  };
}
