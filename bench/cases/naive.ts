/**
 * The naive rival: a lifecycle as one writes it in an afternoon. Fields of an object, one thread, no
 * atomics; phase and time are two stores. It shows what agreement over threads costs.
 *
 * @module
 */

import { Phase, type PhaseName, phaseName } from '../../src/lifecycle/phase.ts';

/** A permit of the naive gate. */
export interface NaivePermit {
  release(): void;
}

/** The calls that an object of one thread can have, too. */
export class NaiveLifecycle {
  readonly gate: NaiveGate = new NaiveGate(this);
  current: Phase = Phase.Starting;
  entered: number[] = [];
  marks: number[] = [0, 0, 0, 0, 0, 0];
  reason: string | null = null;
  lastBeat = 0;
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.entered = [clock(), 0, 0, 0, 0];
  }

  phase(): Phase {
    return this.current;
  }

  startedAtMs(): number {
    return this.entered[0] ?? 0;
  }

  readyAtMs(): number | null {
    return this.entered[1] || null;
  }

  markReady(): boolean {
    return this.#move(this.current === Phase.Starting, Phase.Ready);
  }

  markDraining(): boolean {
    return this.#move(this.current === Phase.Ready, Phase.Draining);
  }

  beginShutdown(): boolean {
    return this.#move(this.current < Phase.ShuttingDown, Phase.ShuttingDown);
  }

  markRestoreStarted(): boolean {
    return this.marks[0] === 0 && this.setRestoreStartedAtMs(this.#clock());
  }

  setRestoreStartedAtMs(ms: number): boolean {
    if (this.marks[0] !== 0) return false;
    this.marks[0] = ms;
    return true;
  }

  setStartingReason(text: string): void {
    this.reason = text;
  }

  notReadyReason(): string | null {
    return this.current === Phase.Starting ? this.reason : null;
  }

  coldStartPhases(): Readonly<Record<string, unknown>> {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = this.marks;
    return Object.freeze({
      startedAtMs: this.startedAtMs(),
      restoreStartedAtMs: a,
      restoreReadyAtMs: b,
      walReplayStartedAtMs: c,
      walReplayReadyAtMs: d,
      indexWarmupStartedAtMs: e,
      indexWarmupReadyAtMs: f,
      readyAtMs: this.readyAtMs() ?? 0,
      stages: Object.freeze([]),
    });
  }

  beat(): void {
    this.lastBeat = performance.now();
  }

  #move(allowed: boolean, to: Phase): boolean {
    if (!allowed) return false;
    this.current = to;
    this.entered[to] = this.#clock();
    return true;
  }
}

/** Counts in two fields. */
class NaiveGate {
  writes = 0;
  queries = 0;
  readonly #held: Set<string> = new Set();
  readonly #lifecycle: NaiveLifecycle;

  constructor(lifecycle: NaiveLifecycle) {
    this.#lifecycle = lifecycle;
  }

  tryEnter(kind: 'write' | 'query'): NaivePermit | null {
    const phase = this.#lifecycle.phase();
    if (kind === 'write' ? this.writeRefusal() !== null : !isServing(phase)) return null;
    if (kind === 'write') this.writes++;
    else this.queries++;
    let isOut = true;
    return {
      release: () => {
        if (!isOut) return;
        isOut = false;
        if (kind === 'write') this.writes--;
        else this.queries--;
      },
    };
  }

  run<T>(kind: 'write' | 'query', fn: () => T): T {
    const permit = this.tryEnter(kind);
    if (permit === null) throw new Error('The gate is closed');
    try {
      return fn();
    } finally {
      permit.release();
    }
  }

  writeRefusal(): PhaseName | string | null {
    const phase = this.#lifecycle.phase();
    if (phase !== Phase.Ready) return phaseName(phase);
    return this.#held.size === 0 ? null : 'held';
  }

  hold(name: string): boolean {
    if (this.#held.has(name)) return false;
    this.#held.add(name);
    return true;
  }

  release(name: string): boolean {
    return this.#held.delete(name);
  }

  inFlight(): { writes: number; queries: number } {
    return { writes: this.writes, queries: this.queries };
  }
}

function isServing(phase: Phase): boolean {
  return phase === Phase.Ready || phase === Phase.Draining;
}
