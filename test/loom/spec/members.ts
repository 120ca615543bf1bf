/**
 * Members, as section 6 of docs/contract.md promises them: places that are taken, given back and taken
 * again. A place that has another tenant has another incarnation.
 *
 * @module
 */

import type { Flag } from '../../../src/core/core.ts';

/** A place, and what its tenant has. */
export interface Place {
  /** Odd while it is taken. */
  incarnation: number;
  tag: number;
  beat: number;
  /** What it would host with: nothing, a pipeline, or steps. */
  rank: number;
  writes: number;
  queries: number;
  /** Stages of the boot in progress, and of which incarnation. */
  boots: { incarnation: number; count: number };
  /** The budget of its pipeline, and of which incarnation. */
  budget: { incarnation: number; ms: number };
}

/** What the core answers for true and false. */
export function yes(is: boolean): Flag {
  return is ? 1 : 0;
}

/** All places there are. */
export class Members {
  capacity = 0;
  readonly places: Place[] = [];

  /** The first free place: its number, or -1. */
  attach(tag: number): number {
    for (let member = 0; member < this.capacity; member++) {
      const place = this.at(member);
      if (isTaken(place)) continue;
      const incarnation = place.incarnation + 1;
      this.places[member] = {
        ...newPlace(),
        incarnation,
        tag,
        boots: { incarnation, count: 0 },
        budget: place.budget,
      };
      return member;
    }
    return -1;
  }

  /** Frees its permits and its place; one that was replaced meanwhile is left alone. */
  reap(member: number, incarnation: number): boolean {
    if (!this.lives(member, incarnation)) return false;
    const { boots, budget } = this.at(member);
    this.places[member] = { ...newPlace(), incarnation: incarnation + 1, boots, budget };
    return true;
  }

  lives(member: number, incarnation: number): boolean {
    const place = this.places[member];
    return place !== undefined && isTaken(place) && place.incarnation === incarnation;
  }

  at(member: number): Place {
    this.places[member] ??= newPlace();
    return this.places[member];
  }

  /** Of all places, also free ones. */
  sum(count: (place: Place, member: number) => number): number {
    return this.places.reduce((sum, place, member) => sum + count(place, member), 0);
  }
}

function newPlace(): Place {
  return {
    incarnation: 0,
    tag: 0,
    beat: 0,
    rank: 0,
    writes: 0,
    queries: 0,
    boots: { incarnation: 0, count: 0 },
    budget: { incarnation: 0, ms: 0 },
  };
}

function isTaken({ incarnation }: Place): boolean {
  return incarnation % 2 === 1;
}

/** The members' part of the calls. */
export function memberCalls(members: Members) {
  return {
    attach: (tag: number) => {
      const member = members.attach(tag);
      return member < 0 ? -1 : members.at(member).incarnation * 128 + member;
    },
    reap: (member: number, incarnation: number) => yes(members.reap(member, incarnation)),
    incarnationOf: (member: number) => {
      const { incarnation } = members.at(member);
      return members.lives(member, incarnation) ? incarnation : 0;
    },
    tagOf: (member: number) => members.at(member).tag,
    membersUsed: () => members.places.length,
    beat: (member: number, count: number) => {
      members.at(member).beat = count;
    },
    beatOf: (member: number) => members.at(member).beat,
    setStandby: (member: number, incarnation: number, rank: number) => {
      if (!members.lives(member, incarnation)) return yes(false);
      members.at(member).rank = rank;
      return yes(true);
    },
    standbys: (ranks: number) => members.sum(({ rank }) => Number((rank & ranks) !== 0)),
  };
}
