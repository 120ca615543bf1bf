/**
 * The explorer: every schedule of some threads, breadth-first, so that the first violation found is
 * a shortest one. States that are equal are visited once; the schedules that lead to them are
 * counted all the same.
 *
 * @module
 */

import { type Image, Images, Refusal } from './images.ts';
import { type CoreOf, type Node, type Program, Runner } from './machine.ts';
import { after, isWrite, type Operation } from './operations.ts';
import { type Step, Violation } from './trace.ts';

/** A memory at some moment, by its words. */
export interface View {
  read(address: number, width: 4 | 8): bigint;
}

/** How an exploration can end for its threads: what each saw, and the memory that is left. */
export interface Outcome {
  /** JSON, by thread; `undefined` for one that died. */
  readonly results: readonly (string | undefined)[];
  /** Which threads died. */
  readonly dead: readonly boolean[];
  /** `order[a]` has a bit for each thread that had ended before thread `a` began. */
  readonly order: readonly number[];
  /** The memory as bytes. */
  bytes(): Uint8Array;
  /** Equal for equal memories. */
  readonly image: number;
}

/** What is explored, and what must hold. */
export interface Exploration {
  readonly threads: readonly Program[];
  readonly machines: readonly CoreOf[];
  /** The memory before any thread begins. */
  readonly memory: Uint8Array;
  /** How many threads may die, each before any of its operations. */
  readonly crashes?: number | undefined;
  /** Most states; one more is a refusal, never a shorter proof. */
  readonly limit?: number | undefined;
  /** Holds in every state. */
  readonly invariant?: ((view: View) => string | undefined) | undefined;
  /** Holds from each state to the next. */
  readonly step?: ((before: View, after: View) => string | undefined) | undefined;
  /** Holds at every end. */
  readonly final?: ((outcome: Outcome) => string | undefined) | undefined;
  /** The longest that a thread may need alone, from any state, in operations. */
  readonly solo?: number | undefined;
}

/** What an exploration found. */
export interface Findings {
  readonly states: number;
  readonly interleavings: bigint;
  readonly outcomes: readonly Outcome[];
  /** The most operations that a thread needed with all others frozen, from any state. */
  readonly solo: number;
  /** The most operations that a thread needed in any schedule. */
  readonly longest: number;
}

interface State {
  readonly image: Image;
  readonly nodes: readonly Node[];
  /** Bits by thread. */
  readonly asleep: number;
  readonly dead: number;
  readonly order: readonly number[];
  /** How many schedules lead here. */
  ways: bigint;
  readonly from: State | undefined;
  readonly by: Step | undefined;
}

const LIMIT = 2_000_000;
/** Alone, a thread that needs more than this is taken to spin. */
const SPIN = 10_000;

/** Explores all there is. @throws {Violation} {Refusal} */
export function explore(exploration: Exploration): Findings {
  return new Explorer(exploration).run();
}

class Explorer {
  readonly #it: Exploration;
  readonly #images: Images;
  readonly #runners: readonly Runner[];
  readonly #outcomes = new Map<string, Outcome>();
  readonly #alone = new Map<string, number>();
  #states = 0;
  #interleavings = 0n;
  #solo = 0;
  #longest = 0;

  constructor(exploration: Exploration) {
    this.#it = exploration;
    this.#images = new Images(exploration.memory);
    this.#runners = exploration.threads.map((program, thread) => {
      const machine = exploration.machines[thread % exploration.machines.length];
      if (machine === undefined) throw new Error('There is no machine');
      return new Runner(program, machine);
    });
  }

  run(): Findings {
    const nodes = this.#runners.map(({ first }) => first);
    const order = nodes.map(() => 0);
    const image = this.#images.initial;
    const start = {
      image,
      nodes,
      asleep: 0,
      dead: 0,
      order,
      ways: 1n,
      from: undefined,
      by: undefined,
    };
    // Every step makes a thread's list of values longer, or a thread dead: levels are complete.
    for (let level = new Map([['', start as State]]); level.size > 0; ) {
      const next = new Map<string, State>();
      for (const state of level.values()) this.#visit(state, next);
      level = next;
    }
    return {
      states: this.#states,
      interleavings: this.#interleavings,
      outcomes: [...this.#outcomes.values()],
      solo: this.#solo,
      longest: this.#longest,
    };
  }

  #visit(state: State, next: Map<string, State>): void {
    this.#states += 1;
    const { limit = LIMIT } = this.#it;
    if (this.#states > limit) throw new Refusal(`More than ${limit} states`);
    this.#must(state, this.#it.invariant?.(this.#viewOf(state)), 'invariant');
    let moves = 0;
    let unfinished = 0;
    for (const [thread, { operation }] of state.nodes.entries()) {
      if (operation === undefined || (state.dead & (1 << thread)) !== 0) continue;
      unfinished += 1;
      if ((state.asleep & (1 << thread)) === 0) {
        moves += 1;
        this.#measureAlone(state, thread);
        this.#add(next, state, this.#stepped(state, thread, operation));
      }
      if (count(state.dead) < (this.#it.crashes ?? 0)) {
        this.#add(next, state, this.#died(state, thread, operation));
      }
    }
    if (moves > 0) return;
    if (unfinished > 0) this.#must(state, 'every living thread sleeps', 'stuck');
    this.#end(state);
  }

  #stepped(state: State, thread: number, operation: Operation): State {
    const { kind, address, width } = operation;
    const before = this.#images.read(state.image, address, width);
    let { image, asleep } = state;
    let result = before;
    let nodes = state.nodes;
    if (kind === 'wait') {
      if (before === operation.value) {
        asleep |= 1 << thread;
        return this.#successor(state, { asleep }, thread, operation, before, before);
      }
      result = 1n;
    } else if (kind === 'notify') {
      // All of them: the protocol never wakes one of several.
      result = 0n;
      nodes = nodes.map((node, other) => {
        const sleeps = (asleep & (1 << other)) !== 0;
        if (!sleeps || node.operation?.address !== address) return node;
        result += 1n;
        asleep &= ~(1 << other);
        return this.#runner(other).advance(node, 0n);
      });
      if (operation.value < result) throw new Refusal('A notify of some of those who wait');
    } else if (isWrite(operation)) {
      image = this.#images.write(image, address, width, after(operation, before));
    }
    const now = this.#images.read(image, address, width);
    const advanced = this.#runner(thread).advance(state.nodes[thread] as Node, result);
    nodes = nodes.map((node, other) => (other === thread ? advanced : node));
    const order = state.nodes[thread]?.depth === 0 ? this.#begun(state, thread) : state.order;
    return this.#successor(state, { image, nodes, asleep, order }, thread, operation, before, now);
  }

  #died(state: State, thread: number, operation: Operation): State {
    const dead = state.dead | (1 << thread);
    const asleep = state.asleep & ~(1 << thread);
    return {
      ...state,
      dead,
      asleep,
      from: state,
      by: {
        thread,
        call: state.nodes[thread]?.call ?? '',
        operation,
        before: 0n,
        after: 0n,
        died: true,
      },
    };
  }

  #successor(
    state: State,
    changes: Partial<State>,
    thread: number,
    operation: Operation,
    before: bigint,
    now: bigint,
  ): State {
    const call = state.nodes[thread]?.call ?? '';
    const by: Step = { thread, call, operation, before, after: now, died: false };
    return { ...state, ...changes, from: state, by };
  }

  /** Which threads have ended by the first operation of this one: they come before it. */
  #begun(state: State, thread: number): readonly number[] {
    let ended = 0;
    for (const [other, node] of state.nodes.entries()) {
      if (node.result !== undefined) ended |= 1 << other;
    }
    return state.order.map((mask, other) => (other === thread ? ended : mask));
  }

  #add(next: Map<string, State>, state: State, successor: State): void {
    if (successor.image !== state.image && this.#it.step !== undefined) {
      const broken = this.#it.step(this.#viewOf(state), this.#viewOf(successor));
      this.#must(successor, broken, 'step');
    }
    const { image, nodes, asleep, dead, order } = successor;
    const key = `${image.id}|${nodes.map(({ id }) => id).join()}|${asleep}|${dead}|${order.join()}`;
    const known = next.get(key);
    if (known === undefined) next.set(key, successor);
    else known.ways += state.ways;
  }

  /** Runs one thread on with all others frozen, and counts. */
  #measureAlone(state: State, thread: number): void {
    const runner = this.#runner(thread);
    let node = state.nodes[thread] as Node;
    let { image } = state;
    const path: string[] = [];
    let rest = 0;
    while (node.operation !== undefined) {
      const key = `${image.id}|${thread}|${node.id}`;
      const known = this.#alone.get(key);
      if (known !== undefined) {
        rest = known;
        break;
      }
      path.push(key);
      if (path.length > SPIN) break;
      const { operation } = node;
      const { kind, address, width, value } = operation;
      const before = this.#images.read(image, address, width);
      // Alone it sleeps for ever; that is the drain's nature, and its bound is the time-out.
      if (kind === 'wait' && before === value) break;
      if (isWrite(operation)) {
        image = this.#images.write(image, address, width, after(operation, before));
      }
      node = runner.advance(node, kind === 'wait' ? 1n : kind === 'notify' ? 0n : before);
    }
    for (const key of path.reverse()) {
      rest += 1;
      this.#alone.set(key, rest);
    }
    const first = state.nodes[thread] as Node;
    if (first.depth === 0 || rest > this.#solo) this.#solo = Math.max(this.#solo, rest);
    const { solo } = this.#it;
    if (solo !== undefined && rest > solo) {
      this.#must(state, `thread ${thread} needs more than ${solo} operations alone`, 'solo');
    }
  }

  #end(state: State): void {
    this.#interleavings += state.ways;
    const dead = state.nodes.map((_, thread) => (state.dead & (1 << thread)) !== 0);
    for (const { depth } of state.nodes) this.#longest = Math.max(this.#longest, depth);
    const results = state.nodes.map(({ result }) => result);
    const { image, order } = state;
    const key = `${image.id}|${results.join('|')}|${dead.join()}|${order.join()}`;
    const bytes = (): Uint8Array => this.#images.bytesOf(image);
    const outcome: Outcome = { results, dead, order, bytes, image: image.id };
    if (!this.#outcomes.has(key)) this.#outcomes.set(key, outcome);
    this.#must(state, this.#it.final?.(outcome), 'final');
  }

  #must(state: State, broken: string | undefined, property: Violation['property']): void {
    if (broken === undefined) return;
    const steps: Step[] = [];
    for (let at: State | undefined = state; at?.by !== undefined; at = at.from)
      steps.unshift(at.by);
    throw new Violation(property, broken, steps);
  }

  #viewOf({ image }: State): View {
    return { read: (address, width) => this.#images.read(image, address, width) };
  }

  #runner(thread: number): Runner {
    const runner = this.#runners[thread];
    if (runner === undefined) throw new Error(`There is no thread ${thread}`);
    return runner;
  }
}

function count(bits: number): number {
  let ones = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) ones += 1;
  return ones;
}
