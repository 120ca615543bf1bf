/**
 * Random calls of the whole {@link Core} interface, as applications make them and as they should
 * not: by members that are dead, with slots that are another's, in any phase. The same seed gives
 * the same calls.
 *
 * @module
 */

import {
  ANSWER_CODES,
  CHECK_AFFECTS_MASK,
  CHECK_HEALTHY,
  CLAIM_FINISHER,
  CLAIM_HOST,
  HOLD_MASK,
  OUTCOME_ERROR_LENGTH,
  OUTCOME_SIZE,
  PHASES,
  PROBES,
  REFUSAL_REASONS,
  STAGE_NAME_WORDS,
  TEXT_BYTES,
  TEXT_SIZE,
  TRIGGER_BYTES,
} from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';

/** A call: what to leave in the member's staging place before it, if anything, and its arguments. */
export interface Call {
  readonly name: keyof Core;
  readonly args: readonly number[];
  readonly staged?: { readonly member: number; readonly bytes: Uint8Array };
}

/** What a maker says of its call; without a name it is the function that it is the maker of. */
type Made = Partial<Call> & Pick<Call, 'args'>;

interface Known {
  readonly member: number;
  readonly incarnation: number;
}

/** Small capacities, so that members, stages and reports run out within a few calls. */
export const CAPACITIES = { members: 5, stages: 4, reports: 3, checks: 3 };
/** Where the interface is called with words beyond the capacity, nothing may be harmed. */
const NAMES = ['a', 'boot', 'cache_fill', 'x'.repeat(32), 'seven7_', 'b'];

/** mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes one call after the other; it is told what each came to, since handles come from results. */
export class Caller {
  readonly #random: () => number;
  /** Every member that there ever was: most calls are by the living, some by the dead. */
  readonly #known: Known[] = [];
  #now = 1_000;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  next(): Call {
    const names = Object.keys(this.#makers) as (keyof Core)[];
    const name = this.#known.length === 0 ? 'attach' : this.#pick(names);
    return { name, ...this.#makers[name]() };
  }

  told(call: Call, result: unknown): void {
    if (call.name !== 'attach' || typeof result !== 'number' || result < 0) return;
    this.#known.push({ member: result % 128, incarnation: Math.floor(result / 128) });
    if (this.#known.length > 12) this.#known.shift();
  }

  /** One for each function of the interface: a missing one does not compile. */
  readonly #makers: Readonly<Record<keyof Core, () => Made>> = {
    // Once in a while everything begins anew on a memory that is not blank.
    create: () =>
      this.#random() < 0.02
        ? { args: [this.#time(), ...Object.values(CAPACITIES)] }
        : this.#instead(),
    phase: () => ({ args: [] }),
    state: () => ({ args: [] }),
    enteredAt: () => ({ args: [this.#below(5)] }),
    stoppedReport: () => ({ args: [] }),
    markReady: () => ({ args: [this.#time(), this.#who().member] }),
    markDraining: () => ({ args: [this.#time(), this.#who().member] }),
    beginShutdown: () =>
      this.#random() < 0.2 ? { args: [this.#time(), ...this.#pair()] } : this.#instead(),
    runShutdown: () =>
      this.#random() < 0.2 ? { args: [this.#time(), this.#who().member] } : this.#instead(),
    owner: () => ({ args: [] }),
    noteFailure: () => (this.#random() < 0.1 ? { args: [] } : this.#instead()),
    hasFailed: () => ({ args: [] }),
    age: () => ({ args: [this.#time(), this.#below(50)] }),
    sinceAcceptance: () => ({ args: [this.#time(), this.#below(50)] }),
    settle: () => ({ args: [this.#time() || 1] }),
    markedAt: () => ({ args: [this.#mark()] }),
    mark: () => ({ args: [this.#mark(), this.#time() || 1] }),
    stage: () =>
      this.#withStaged(this.#pick(NAMES).length, (length, { member }) => [member, length]),
    stageWord: () => ({ args: [this.#below(CAPACITIES.stages), this.#below(STAGE_NAME_WORDS)] }),
    staging: () => ({ args: [this.#who().member] }),
    publishReason: () =>
      this.#withStaged(this.#below(TEXT_BYTES + 1), (length, { member }) => [member, length]),
    readReason: () => ({ args: [this.#who().member] }),
    attach: () => ({ args: [this.#below(2 ** 30)] }),
    reap: () => (this.#random() < 0.5 ? { args: this.#pair() } : this.#instead()),
    incarnationOf: () => ({ args: [this.#below(CAPACITIES.members)] }),
    tagOf: () => ({ args: [this.#below(CAPACITIES.members)] }),
    membersUsed: () => ({ args: [] }),
    beat: () => ({ args: [this.#who().member, this.#time()] }),
    beatOf: () => ({ args: [this.#below(CAPACITIES.members)] }),
    enterWrite: () => ({ args: this.#pair() }),
    enterQuery: () => ({ args: this.#pair() }),
    leaveWrite: () => ({ args: this.#pair() }),
    leaveQuery: () => ({ args: this.#pair() }),
    enterBoot: () => ({ args: this.#pair() }),
    leaveBoot: () => ({ args: this.#pair() }),
    bootsOut: () => ({ args: [] }),
    writeRefusal: () => ({ args: [] }),
    writesOf: () => ({ args: [this.#below(CAPACITIES.members)] }),
    queriesOf: () => ({ args: [this.#below(CAPACITIES.members)] }),
    writesOut: () => ({ args: [] }),
    queriesOut: () => ({ args: [] }),
    hold: () => ({ args: [this.#below(HOLD_MASK + 1)] }),
    unhold: () => ({ args: [this.#below(HOLD_MASK + 1)] }),
    holds: () => ({ args: [] }),
    countAnswer: () => ({ args: [this.#who().member, this.#below(PROBES * ANSWER_CODES)] }),
    writesAdmitted: () => ({ args: [] }),
    queriesAdmitted: () => ({ args: [] }),
    writesRefused: () => ({ args: [this.#below(REFUSAL_REASONS)] }),
    queriesRefused: () => ({ args: [this.#below(PHASES)] }),
    answers: () => ({ args: [this.#below(PROBES * ANSWER_CODES)] }),
    addCheck: () => this.#withOutcome(({ member, incarnation }) => [member, incarnation]),
    reportCheck: () =>
      this.#withOutcome(({ member, incarnation }) => [this.#cell(), member, incarnation]),
    dropCheck: () =>
      this.#random() < 0.3 ? { args: [this.#cell(), ...this.#pair()] } : this.#instead(),
    checksUsed: () => ({ args: [] }),
    checkStatus: () => ({ args: [this.#cell()] }),
    readCheck: () => ({ args: [this.#cell(), this.#who().member] }),
    epoch: () => ({ args: [] }),
    // A value that EPOCH does not have: some threads may not wait at all.
    waitEpoch: () => ({ args: [-1, 0] }),
    takeHost: () => ({ args: [...this.#pair(), this.#below(2 ** 31)] }),
    startRun: () => ({ args: [...this.#pair(), this.#below(6)] }),
    hosting: () => ({ args: [...this.#pair(), this.#below(6)] }),
    leaveHost: () => ({ args: this.#pair() }),
    acceptShutdown: () =>
      this.#random() < 0.2
        ? this.#withStaged(this.#below(TRIGGER_BYTES + 2) - 1, (length, { member }) => [
            member,
            length,
          ])
        : this.#instead(),
    isAccepted: () => ({ args: [] }),
    readTrigger: () => ({ args: [this.#who().member] }),
    hostMember: () => ({ args: [] }),
    setStandby: () => ({ args: [...this.#pair(), this.#below(4) * 2] }),
    standbys: () => ({ args: [this.#below(4) * 2] }),
    stampAcceptedAt: () => ({ args: [this.#time()] }),
    stampBudget: () => ({ args: [this.#below(2 ** 31)] }),
    hostBudget: () => ({ args: [] }),
    exits: () => ({ args: [this.#below(3) - 1] }),
    endPreDrain: () => (this.#random() < 0.1 ? { args: [] } : this.#instead()),
    isPreDrainEnded: () => ({ args: [] }),
    noteProbe: () => ({ args: [] }),
    probesSeen: () => ({ args: [] }),
    claimReport: () => ({ args: [...this.#pair(), this.#kind()] }),
    dropReport: () => ({ args: [this.#slot(), ...this.#pair(), this.#kind()] }),
    putHead: () => this.#withStaged(116, (_, { member }) => [this.#slot(), member]),
    putStep: () =>
      this.#withStaged(128, (_, { member }) => [this.#slot(), member, this.#below(40)]),
    getHead: () => ({ args: [this.#slot(), this.#who().member] }),
    getStep: () => ({ args: [this.#slot(), this.#who().member, this.#below(32)] }),
    hostSteps: () => ({ args: [this.#slot()] }),
    slotHost: () => ({ args: [this.#slot()] }),
    finishShutdown: () =>
      this.#random() < 0.1
        ? { args: [this.#time(), this.#slot(), ...this.#pair(), this.#kind()] }
        : this.#instead(),
  };

  /** What would end the game too soon gives way to a harmless call of the same shape. */
  #instead(): Made {
    return { name: 'epoch', args: [] };
  }

  #withStaged(length: number, args: (length: number, who: Known) => readonly number[]): Made {
    const who = this.#who();
    const bytes = new Uint8Array(TEXT_SIZE);
    const text = this.#pick(NAMES);
    const isName = NAMES.some((name) => name.length === length);
    for (let at = 0; at < Math.max(0, length); at++) {
      bytes[at] = isName ? (text.charCodeAt(at) || 0x61) & 127 : this.#below(256);
    }
    return { args: args(length, who), staged: { member: who.member, bytes } };
  }

  /** An outcome and a name with lengths that there may be, and bits at the end of the arguments. */
  #withOutcome(args: (who: Known) => readonly number[]): Made {
    const who = this.#who();
    const bytes = new Uint8Array(TEXT_SIZE).map(() => this.#below(256));
    const numbers = new DataView(bytes.buffer);
    numbers.setUint32(OUTCOME_ERROR_LENGTH, this.#below(74), true);
    numbers.setUint32(OUTCOME_SIZE, this.#below(33), true);
    const bits = this.#below(3) * (CHECK_AFFECTS_MASK / 3) + this.#below(2) * CHECK_HEALTHY;
    return { args: [...args(who), bits], staged: { member: who.member, bytes } };
  }

  #cell(): number {
    return this.#below(CAPACITIES.checks);
  }

  /** The clock goes both ways, and has no time now and then. */
  #time(): number {
    if (this.#random() < 0.05) return 0;
    this.#now += this.#below(100) - 20;
    return this.#random() < 0.01 ? 2 ** 48 - 1 : Math.max(1, this.#now);
  }

  #pair(): [member: number, incarnation: number] {
    const { member, incarnation } = this.#who();
    return [member, incarnation];
  }

  #who(): Known {
    const last = this.#known.at(-1) ?? { member: 0, incarnation: 1 };
    return this.#random() < 0.4 ? last : this.#pick(this.#known.length > 0 ? this.#known : [last]);
  }

  #mark(): number {
    return this.#below(6 + CAPACITIES.stages * 2);
  }

  #slot(): number {
    return this.#below(CAPACITIES.reports);
  }

  #kind(): number {
    return this.#random() < 0.5 ? CLAIM_HOST : CLAIM_FINISHER;
  }

  #pick<T>(from: readonly T[]): T {
    // The lists are not empty.
    return from[this.#below(from.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

/** Makes a call on a core over these bytes. */
export function perform(core: Core, bytes: Uint8Array, { name, args, staged }: Call): unknown {
  if (staged !== undefined) bytes.set(staged.bytes, core.staging(staged.member));
  // Each function takes numbers only, and as many as its maker gave.
  return (core[name] as (...args: readonly number[]) => unknown)(...args);
}
