/**
 * Who hosts the shutdown, its acceptance, its budget, and its report, as sections 5 and 7 of
 * docs/contract.md promise them.
 *
 * @module
 */

import { type Members, yes } from './members.ts';
import type { Phases } from './phases.ts';

/** A slot that somebody fills with a report. */
interface Slot {
  readonly member: number;
  readonly incarnation: number;
  readonly kind: number;
  isSealed: boolean;
  steps: number;
}

const BY_HOST = 1;

/** What is stamped once, and what only grows. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  /** The first stays; 0 only asks. */
  once(name: string, value: number): number {
    const found = this.#numbers.get(name);
    if (found !== undefined || value <= 0) return found ?? 0;
    this.#numbers.set(name, value);
    return value;
  }

  /** The larger one, which is kept if it is more than `slack` larger. */
  atLeast(name: string, own: number, slack: number): number {
    const found = this.#numbers.get(name) ?? 0;
    if (own - found > slack) this.#numbers.set(name, own);
    return Math.max(own, found);
  }

  add(name: string, change: number): number {
    const found = this.#numbers.get(name) ?? 0;
    this.#numbers.set(name, found + change);
    return found;
  }
}

/** The shutdown's part of the calls. */
export function shutdownCalls(phases: Phases, members: Members) {
  let host: { member: number; incarnation: number } | undefined;
  let [term, isAccepted, isStarted, isPreDrainEnded] = [0, false, false, false];
  const numbers = new Numbers();
  const reports: { capacity: number; readonly slots: (Slot | undefined)[] } = {
    capacity: 0,
    slots: [],
  };

  const isHost = (member: number, incarnation: number): boolean =>
    host?.member === member && host.incarnation === incarnation;
  /** A place of the host is good as long as its member lives: a reap passes the shutdown on. */
  const living = () =>
    host !== undefined && members.lives(host.member, host.incarnation) ? host : undefined;
  const isOf = (slot: number, member: number, incarnation: number, kind: number): boolean => {
    const found = reports.slots[slot];
    return (
      found?.member === member &&
      found.incarnation === incarnation &&
      found.kind === kind &&
      !found.isSealed
    );
  };

  return {
    reports,
    /** Accepts the shutdown, once. */
    accept: (): boolean => {
      if (isAccepted) return false;
      isAccepted = true;
      return true;
    },
    isLeaving: (): boolean => isAccepted || phases.isShuttingDown(),
    calls: {
      takeHost: (member: number, incarnation: number, budget: number) => {
        const place = members.at(member);
        if (place.budget.incarnation <= incarnation) place.budget = { incarnation, ms: budget };
        if (isHost(member, incarnation)) return term;
        if (living() !== undefined || !members.lives(member, incarnation)) return -1;
        host = { member, incarnation };
        term = (term + 1) % 65_536;
        return term;
      },
      // Whoever starts after another is a successor.
      startRun: (member: number, incarnation: number, of: number) => {
        if (!isHost(member, incarnation) || of !== term) return -1;
        if (isStarted) return 1;
        isStarted = true;
        return 0;
      },
      hosting: (member: number, incarnation: number, of: number) =>
        yes(isHost(member, incarnation) && of === term && members.lives(member, incarnation)),
      // Once a shutdown is accepted its host stays.
      leaveHost: (member: number, incarnation: number) => {
        if (!isHost(member, incarnation) || isAccepted) return yes(false);
        host = undefined;
        return yes(true);
      },
      isAccepted: () => yes(isAccepted),
      hostMember: () => living()?.member ?? -1,
      hostBudget: () => {
        const found = living();
        if (found === undefined) return 0;
        const { budget } = members.at(found.member);
        return budget.incarnation === found.incarnation ? budget.ms + 1 : 0;
      },
      stampAcceptedAt: (time: number) => numbers.once('accepted at', time),
      stampBudget: (budget: number) => numbers.once('budget', budget),
      age: (own: number, slack: number) => numbers.atLeast('age', own, slack),
      sinceAcceptance: (own: number, slack: number) => numbers.atLeast('since', own, slack),
      exits: (change: number) => numbers.add('exits', change),
      noteProbe: () => void numbers.add('probes', 1),
      probesSeen: () => numbers.add('probes', 0),
      endPreDrain: () => {
        isPreDrainEnded = true;
      },
      isPreDrainEnded: () => yes(isPreDrainEnded),
      // A free slot before that of one who is gone; one that may be the published report never.
      claimReport: (member: number, incarnation: number, kind: number) => {
        const all = Array.from({ length: reports.capacity }, (_, slot) => slot);
        const isGone = (slot: number): boolean => {
          const found = reports.slots[slot];
          if (found === undefined || found.isSealed) return false;
          return !members.lives(found.member, found.incarnation);
        };
        const slot =
          all.find((each) => reports.slots[each] === undefined) ?? all.find(isGone) ?? -1;
        if (slot >= 0) {
          reports.slots[slot] = { member, incarnation, kind, isSealed: false, steps: 0 };
        }
        return slot;
      },
      dropReport: (slot: number, member: number, incarnation: number, kind: number) => {
        if (isOf(slot, member, incarnation, kind)) reports.slots[slot] = undefined;
      },
      putHead: () => {},
      putStep: (slot: number, _: number, index: number) => {
        const found = reports.slots[slot];
        if (found !== undefined) found.steps = Math.max(found.steps, index + 1);
      },
      getHead: (slot: number) => reports.slots[slot]?.steps ?? 0,
      getStep: (slot: number) => yes(reports.slots[slot] !== undefined),
      hostSteps: (slot: number) => {
        const found = reports.slots[slot];
        return found?.kind === BY_HOST ? found.steps : 0;
      },
      slotHost: (slot: number) => {
        const found = reports.slots[slot];
        const isIts = found?.kind === BY_HOST && members.lives(found.member, found.incarnation);
        return isIts ? found.member : -1;
      },
      // The first report stays.
      finishShutdown: (
        now: number,
        slot: number,
        member: number,
        incarnation: number,
        kind: number,
      ) => {
        const found = reports.slots[slot];
        if (found === undefined || !isOf(slot, member, incarnation, kind)) return -1;
        if (phases.finish(now, slot)) {
          found.isSealed = true;
          return 1;
        }
        reports.slots[slot] = undefined;
        return 0;
      },
    },
  };
}
