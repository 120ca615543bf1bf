/**
 * The contract as a judge of lives: it hears what the applications tell, looks at the shared words after
 * every turn, and says what does not hold. It is written from docs/contract.md, whose sections it names;
 * what the end of a life must be like is in `verdict.ts`.
 *
 * @module
 */

import { OWNED_BY_THE_DEAD } from '../../assembly/layout.ts';
import type { Core } from '../../src/core/core.ts';
import type { Told } from './inside/told.ts';
import { Ledger } from './ledger.ts';
import { DRAINING, READY, SHUTTING_DOWN, STOPPED } from './phases.ts';
import type { Plan } from './plan.ts';
import { type Finale, sentence } from './verdict.ts';

/** One life's judge. */
export class Judge {
  readonly #ledger: Ledger;

  constructor(plan: Plan) {
    this.#ledger = new Ledger(plan);
  }

  /** What does not hold. */
  get faults(): readonly string[] {
    return this.#ledger.faults;
  }

  accuse(what: string): void {
    this.#ledger.faults.push(what);
  }

  /** After every turn, and before anything that is told. */
  look(core: Core, nowMs: number): void {
    const ledger = this.#ledger;
    const phase = core.phase();
    if (phase < ledger.phase) this.accuse(`§1: the phase went from ${ledger.phase} to ${phase}`);
    ledger.phase = phase;
    if (core.enteredAt(READY) >= 0) ledger.wasReady = true;
    if (core.isAccepted() === 1 && ledger.acceptedMs === undefined) {
      ledger.acceptedMs = nowMs;
      ledger.wasReadyThen = ledger.wasReady;
    }
    if (phase >= DRAINING) ledger.drainingMs ??= nowMs;
    if (phase === STOPPED) ledger.stoppedMs ??= nowMs;
    if (core.owner() === OWNED_BY_THE_DEAD) ledger.isOwnerLost = true;
  }

  died(thread: number): void {
    this.#ledger.bury(thread);
  }

  reaped(thread: number, nowMs: number): void {
    this.#ledger.lastReapMs = nowMs;
    this.#ledger.reaped.add(thread);
  }

  /** Something was thrown, or rejected, and nobody caught it. */
  threw(): void {
    this.#ledger.threw += 1;
  }

  signal(name: string, atMs: number): void {
    this.#ledger.signals.push({ name, atMs });
  }

  end(finale: Finale): void {
    for (const fault of sentence(this.#ledger, finale)) this.accuse(fault);
  }

  hear(thread: number, told: Told, nowMs: number): void {
    const ledger = this.#ledger;
    const witness = ledger.witness(thread);
    switch (told.type) {
      case 'joined':
        witness.since = ledger.phase;
        return;
      case 'transition':
        witness.transitions.push(told.to);
        return;
      case 'left':
        if (ledger.acceptedMs === undefined && ledger.phase < SHUTTING_DOWN) {
          this.accuse(`§6: thread ${thread} heard of leaving before anybody asked for it`);
        }
        if (witness.hasLeft) this.accuse(`§6: thread ${thread} heard of leaving twice`);
        witness.hasLeft = true;
        return;
      case 'asked':
        witness.open.set(told.call, (witness.open.get(told.call) ?? 0) + 1);
        ledger.called.add(told.call);
        if (told.failed && ledger.phase < STOPPED && !witness.isDetached) ledger.saidFailed = true;
        return;
      case 'returned':
      case 'failed':
        witness.open.set(told.call, (witness.open.get(told.call) ?? 1) - 1);
        if (told.type === 'failed') witness.refused.add(told.call);
        else this.#returned(thread, told.call, told.value);
        return;
      case 'admitted':
        witness.permits += 1;
        ledger.permits += 1;
        if (ledger.phase > (told.kind === 'write' ? READY : DRAINING) || ledger.phase < READY) {
          this.accuse(`§7: a ${told.kind} was admitted in phase ${ledger.phase}`);
        }
        return;
      case 'released':
        witness.permits -= 1;
        return;
      case 'stage_began':
        witness.permits += 1;
        ledger.permits += 1;
        if (ledger.acceptedMs !== undefined) this.accuse('§3: a stage began after the acceptance');
        return;
      case 'stage_ended':
        witness.permits -= 1;
        return;
      case 'step_began':
        this.#stepBegan(thread, told.name, told.ready);
        return;
      case 'step_done':
        ledger.done.add(told.name);
        return;
      case 'event':
        this.#event(thread, told, nowMs);
        return;
      case 'report':
        if (told.report !== null) ledger.reports.add(JSON.stringify(told.report));
        if (ledger.phase !== STOPPED) this.accuse('§7: a report came before Stopped');
        return;
      case 'finally':
        // A thread that has detached knows of no phase, and ends the process all the same; so does one whose
        // application owned the shutdown, and broke.
        if (ledger.phase !== STOPPED && !witness.isDetached && ledger.threw === 0) {
          this.accuse('§9: `finally` ran before Stopped');
        }
        ledger.finallies.push(told.index);
        return;
      default:
        return;
    }
  }

  #returned(thread: number, call: string, value: unknown): void {
    const ledger = this.#ledger;
    if (call === 'begin' && value === true) {
      if (ledger.ownedBy !== undefined) this.accuse('§1: two calls of beginShutdown returned true');
      ledger.ownedBy = thread;
    }
    if (call === 'detach') {
      ledger.witness(thread).isDetached = true;
      if (ledger.ownedBy === thread) ledger.isOwnerLost = true;
    }
  }

  #event(thread: number, told: Extract<Told, { type: 'event' }>, nowMs: number): void {
    const ledger = this.#ledger;
    if (told.event === 'accepted') {
      ledger.hosts.push({ thread, atMs: nowMs });
      if (ledger.acceptedMs === undefined && !ledger.isOwnerLost) {
        this.accuse('§7: a host ran what nobody had asked for');
      }
    }
    if (told.event === 'step_ended' && told.step !== null) ledger.ended.add(told.step);
    if (told.event === 'stopped') ledger.stoppedBy = thread;
  }

  #stepBegan(thread: number, name: string, ready: boolean): void {
    const ledger = this.#ledger;
    if (ledger.ownedBy !== undefined && !ledger.isOwnerLost) {
      this.accuse(`§1: step ${name} began beside an application that owns the shutdown`);
    }
    if (ledger.phase === STOPPED) this.accuse(`§7: step ${name} began after Stopped`);
    if (ready !== ledger.wasReady) this.accuse(`§3: step ${name} was told ready: ${ready}`);
    const step = ledger.stepOf(thread, name);
    if (step?.at === 'drained') {
      if (ledger.phase < SHUTTING_DOWN) this.accuse(`§7: step ${name} began in ${ledger.phase}`);
      if (ledger.inProgress() > 0) ledger.isUndrained = true;
    }
    for (const before of step?.after ?? []) {
      if (ledger.stepOf(thread, before) !== undefined && !ledger.ended.has(before)) {
        this.accuse(`§7: step ${name} did not wait for ${before}`);
      }
    }
    if (ledger.ended.has(name) && ledger.dead.size === 0) {
      this.accuse(`§7: step ${name} began after its end`);
    }
    const first = ledger.began.get(name);
    if (first !== undefined && !ledger.isGone(first)) {
      this.accuse(`§7: step ${name} began twice, and the first host lives`);
    }
    ledger.began.set(name, thread);
    const other = ledger.hosts.find(
      (host) => host.thread !== thread && !ledger.isGone(host.thread),
    );
    if (other !== undefined && ledger.hosts.at(-1)?.thread !== thread) {
      this.accuse(`§7: thread ${thread} runs steps beside the host`);
    }
  }
}
