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
  /** The memory as bytes, good until the next outcome's are asked for. */
  bytes(): Uint8Array;
  /** A shortest schedule that ends so. */
  steps(): readonly Step[];
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
  /** Which of them; by default any. */
  readonly mayDie?: readonly number[] | undefined;
  /** Threads that may sleep for ever: they are there for what may not happen. */
  readonly daemons?: readonly number[] | undefined;
  /** The word that becomes 1 when a thread dies, and wakes who waits for that: its `exit` event. */
  readonly deathOf?: ((thread: number) => number) | undefined;
  /** Most states; one more is a refusal, never a shorter proof. */
  readonly limit?: number | undefined;
  /** Holds in every state. */
  readonly invariant?: ((view: View) => string | undefined) | undefined;
  /** Holds from each state to the next. */
  readonly step?: ((before: View, after: View) => string | undefined) | undefined;
  /** Holds at every end. */
  readonly final?: ((outcome: Outcome) => string | undefined) | undefined;
  /** Tells the ends apart by which thread had ended before which began: more states. */
  readonly tellsOrder?: boolean | undefined;
  /** The longest that a thread may need alone, from any state, in operations. */
  readonly solo?: number | undefined;
}

/** What an exploration found. */
export interface Findings {
  readonly states: number;
  readonly interleavings: bigint;
  readonly outcomes: readonly Outcome[];
  /** By thread, the most operations that it needed with all others frozen, from any state. */
  readonly solo: readonly number[];
  /** By thread, the most operations that it needed in any schedule. */
  readonly longest: readonly number[];
  /** The places in the binary that were executed. */
  readonly sites: ReadonlySet<number>;
}

interface State {
  readonly image: Image;
  readonly nodes: readonly Node[];
  /** Bits by thread. */
  readonly asleep: number;
  readonly dead: number;
  readonly order: readonly number[];
  /** One for each step that can be taken here. */
  readonly successors: State[];
  /** How many schedules lead from here to an end; -1 until it is counted. */
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
  readonly #queue: State[] = [];
  readonly #known = new Map<string, State>();
  #states = 0;
  readonly #solo: number[] = [];
  readonly #longest: number[] = [];
  readonly #sites = new Set<number>();

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
    const nothing = { asleep: 0, dead: 0, from: undefined, by: undefined };
    const start: State = { image, nodes, order, ...nothing, successors: [], ways: -1n };
    this.#queue.push(start);
    // Breadth-first: the queue grows while it is walked, and each state is in it once.
    for (const state of this.#queue) this.#visit(state);
    return {
      states: this.#states,
      interleavings: waysFrom(start),
      outcomes: [...this.#outcomes.values()],
      solo: this.#solo,
      longest: this.#longest,
      sites: this.#sites,
    };
  }

  #visit(state: State): void {
    this.#states += 1;
    const { limit = LIMIT } = this.#it;
    if (this.#states > limit) throw new Refusal(`More than ${limit} states`);
    this.#must(state, this.#it.invariant?.(this.#viewOf(state)), 'invariant');
    let moves = 0;
    let unfinished = 0;
    for (const [thread, { operation }] of state.nodes.entries()) {
      if (operation === undefined || (state.dead & (1 << thread)) !== 0) continue;
      if (!this.#it.daemons?.includes(thread)) unfinished += 1;
      if ((state.asleep & (1 << thread)) === 0) {
        moves += 1;
        this.#measureAlone(state, thread);
        this.#add(state, this.#stepped(state, thread, operation));
      }
      const { crashes = 0, mayDie } = this.#it;
      if (count(state.dead) < crashes && (mayDie?.includes(thread) ?? true)) {
        this.#add(state, this.#died(state, thread, operation));
      }
    }
    if (moves > 0) return;
    if (unfinished > 0) this.#must(state, 'every living thread sleeps', 'stuck');
    this.#end(state);
  }

  #stepped(state: State, thread: number, operation: Operation): State {
    const { kind, address, width } = operation;
    this.#sites.add(operation.site);
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
      const woken = this.#woken(nodes, asleep, address);
      ({ nodes, asleep } = woken);
      result = BigInt(woken.count);
      if (operation.value < result) throw new Refusal('A notify of some of those who wait');
    } else if (isWrite(operation)) {
      image = this.#images.write(image, address, width, after(operation, before));
    }
    const now = this.#images.read(image, address, width);
    const advanced = this.#runner(thread).advance(state.nodes[thread] as Node, result);
    nodes = nodes.map((node, other) => (other === thread ? advanced : node));
    const begins = this.#it.tellsOrder === true && state.nodes[thread]?.depth === 0;
    const order = begins ? this.#begun(state, thread) : state.order;
    return this.#successor(state, { image, nodes, asleep, order }, thread, operation, before, now);
  }

  #died(state: State, thread: number, operation: Operation): State {
    const dead = state.dead | (1 << thread);
    let asleep = state.asleep & ~(1 << thread);
    let { image, nodes } = state;
    const address = this.#it.deathOf?.(thread);
    if (address !== undefined) {
      image = this.#images.write(image, address, 4, 1n);
      ({ nodes, asleep } = this.#woken(nodes, asleep, address));
    }
    const call = state.nodes[thread]?.call ?? '';
    const by: Step = { thread, call, operation, before: 0n, after: 0n, died: true };
    return { ...state, image, nodes, asleep, dead, from: state, by, successors: [], ways: -1n };
  }

  /** All who sleep at an address: the protocol never wakes one of several. */
  #woken(nodes: readonly Node[], asleep: number, address: number) {
    let count = 0;
    let rest = asleep;
    const awake = nodes.map((node, thread) => {
      const sleeps = (asleep & (1 << thread)) !== 0;
      if (!sleeps || node.operation?.address !== address) return node;
      count += 1;
      rest &= ~(1 << thread);
      return this.#runner(thread).advance(node, 0n);
    });
    return { nodes: awake, asleep: rest, count };
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
    // By name: this is made millions of times, and a spread takes several times as long.
    const { image = state.image, nodes = state.nodes, asleep = state.asleep } = changes;
    const { order = state.order } = changes;
    return {
      image,
      nodes,
      asleep,
      dead: state.dead,
      order,
      from: state,
      by,
      successors: [],
      ways: -1n,
    };
  }

  /** Which threads have ended by the first operation of this one: they come before it. */
  #begun(state: State, thread: number): readonly number[] {
    let ended = 0;
    for (const [other, node] of state.nodes.entries()) {
      if (node.result !== undefined) ended |= 1 << other;
    }
    return state.order.map((mask, other) => (other === thread ? ended : mask));
  }

  #add(state: State, successor: State): void {
    if (successor.image !== state.image && this.#it.step !== undefined) {
      const broken = this.#it.step(this.#viewOf(state), this.#viewOf(successor));
      this.#must(successor, broken, 'step');
    }
    const { image, nodes, asleep, dead, order } = successor;
    const key = `${image.id}|${nodes.map(({ id }) => id).join()}|${asleep}|${dead}|${order.join()}`;
    const known = this.#known.get(key);
    state.successors.push(known ?? successor);
    if (known !== undefined) return;
    this.#known.set(key, successor);
    this.#queue.push(successor);
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
    this.#solo[thread] = Math.max(this.#solo[thread] ?? 0, rest);
    const { solo } = this.#it;
    if (solo !== undefined && rest > solo) {
      this.#must(state, `thread ${thread} needs more than ${solo} operations alone`, 'solo');
    }
  }

  #end(state: State): void {
    const dead = state.nodes.map((_, thread) => (state.dead & (1 << thread)) !== 0);
    for (const [thread, { depth }] of state.nodes.entries()) {
      this.#longest[thread] = Math.max(this.#longest[thread] ?? 0, depth);
    }
    const results = state.nodes.map(({ result }) => result);
    const { image, order } = state;
    const key = `${image.id}|${results.join('|')}|${dead.join()}|${order.join()}`;
    const bytes = (): Uint8Array => this.#images.bytesOf(image);
    const steps = (): readonly Step[] => stepsTo(state);
    const outcome: Outcome = { results, dead, order, bytes, steps, image: image.id };
    if (!this.#outcomes.has(key)) this.#outcomes.set(key, outcome);
    this.#must(state, this.#it.final?.(outcome), 'final');
  }

  #must(state: State, broken: string | undefined, property: Violation['property']): void {
    if (broken === undefined) return;
    throw new Violation(property, broken, stepsTo(state));
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

/** How a state came about. */
function stepsTo(state: State): readonly Step[] {
  const steps: Step[] = [];
  for (let at: State | undefined = state; at?.by !== undefined; at = at.from) steps.unshift(at.by);
  return steps;
}

/** Counts the schedules of an exploration: paths in a graph without circles. */
function waysFrom(start: State): bigint {
  const stack: State[] = [start];
  const open = new Set<State>();
  while (stack.length > 0) {
    const state = stack.at(-1) as State;
    if (state.ways >= 0n) {
      stack.pop();
      continue;
    }
    const rest = state.successors.filter(({ ways }) => ways < 0n);
    if (rest.length > 0) {
      if (open.has(state))
        throw new Refusal('A schedule without an end: the threads go in a circle');
      open.add(state);
      stack.push(...rest);
      continue;
    }
    open.delete(state);
    stack.pop();
    state.ways = state.successors.reduce((sum, { ways }) => sum + ways, 0n);
    if (state.successors.length === 0) state.ways = 1n;
  }
  return start.ways;
}

function count(bits: number): number {
  let ones = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) ones += 1;
  return ones;
}
