/**
 * What the judge has seen of a life so far. It judges nothing.
 *
 * @module
 */

import type { StepPlan } from './inside/steps.ts';
import type { Plan } from './plan.ts';

/** What one thread's application has told. */
export interface Witness {
  transitions: number[];
  /** The phase at which it began to listen. */
  since: number;
  hasLeft: boolean;
  isDetached: boolean;
  /** Permits, and stages of the boot. */
  permits: number;
  /** Calls that have not come back. */
  open: Map<string, number>;
  /** Calls that threw, or rejected. */
  refused: Set<string>;
}

/** All of it. */
export class Ledger {
  readonly faults: string[] = [];
  readonly plan: Plan;
  readonly witnesses: Map<number, Witness> = new Map();
  readonly dead: Set<number> = new Set();
  /** Those of the dead that were declared so. */
  readonly reaped: Set<number> = new Set();
  readonly called: Set<string> = new Set();
  readonly reports: Set<string> = new Set();
  readonly signals: { readonly name: string; readonly atMs: number }[] = [];
  readonly finallies: number[] = [];
  /** Who ran, in their order. */
  readonly hosts: { readonly thread: number; readonly atMs: number }[] = [];
  /** Steps by the thread that began them last. */
  readonly began: Map<string, number> = new Map();
  readonly ended: Set<string> = new Set();
  /** Steps that came to the end of their function. */
  readonly done: Set<string> = new Set();
  phase = 0;
  wasReady = false;
  /** Before the acceptance. */
  wasReadyThen = false;
  acceptedMs: number | undefined;
  drainingMs: number | undefined;
  stoppedMs: number | undefined;
  stoppedBy: number | undefined;
  lastReapMs = 0;
  /** Admitted in all. */
  permits = 0;
  /** Something was in progress when a step of the end began. */
  isUndrained = false;
  saidFailed = false;
  ownedBy: number | undefined;
  isOwnerLost = false;
  threw = 0;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  witness(thread: number): Witness {
    const known = this.witnesses.get(thread);
    if (known !== undefined) return known;
    const made: Witness = {
      transitions: [],
      since: 0,
      hasLeft: false,
      isDetached: false,
      permits: 0,
      open: new Map(),
      refused: new Set(),
    };
    this.witnesses.set(thread, made);
    return made;
  }

  bury(thread: number): void {
    this.dead.add(thread);
    if (this.ownedBy === thread) this.isOwnerLost = true;
  }

  /** It hosts nothing any more. */
  isGone(thread: number): boolean {
    return this.dead.has(thread) || this.witness(thread).isDetached;
  }

  /** Permits and stages of threads that live. */
  inProgress(): number {
    let count = 0;
    for (const [thread, { permits }] of this.witnesses) if (!this.isGone(thread)) count += permits;
    return count;
  }

  /** The steps that a thread brings. */
  stepsOf(thread: number): StepPlan[] {
    const member = this.plan.members[thread];
    const { refused } = this.witness(thread);
    const ofPipeline = refused.has('pipeline') ? [] : member?.pipeline?.steps;
    return [...(ofPipeline ?? []), ...((refused.has('step') ? [] : member?.steps) ?? [])];
  }

  stepOf(thread: number, name: string): StepPlan | undefined {
    return this.stepsOf(thread).find((step) => step.name === name);
  }

  /** False if no thread is left that could go on, or somebody died and nobody could say so. */
  isCared(): boolean {
    const isLeft = [...this.witnesses.keys()].some((thread) => !this.isGone(thread));
    return isLeft && [...this.dead].every((thread) => this.reaped.has(thread));
  }
}
