/**
 * Machines: they run a thread up to its next atomic operation. A thread is deterministic but for
 * what its operations read, so its progress *is* the list of values read: a node in a tree. To
 * advance, the thread is run again from its beginning with the known values, and stopped at the
 * first operation beyond them. Each node is run once, however many schedules pass it, so no stack
 * has to be saved and any code can be explored: the binary and the plain JavaScript alike.
 *
 * @module
 */

import { type Words, wordsOf } from '../../src/core/atomics/words.ts';
import type { Core } from '../../src/core/core.ts';
import { MEMORY_BYTES } from '../../src/core/memory.ts';
import type { Operation } from './operations.ts';
import { stepsOf } from './steps.ts';

/** What a thread has at hand. */
export interface Thread {
  /** The protocol, each atomic operation of which is a step. */
  readonly core: Core;
  /** Stores a 32-bit word, as a step: what the wrapper does with bytes is outside the binary. */
  store(address: number, value: number): void;
  /** Loads a 32-bit word, as a step. */
  load(address: number): number;
  /** Sleeps while the word is `expected`, as a step. */
  wait(address: number, expected: number): void;
  /** For JavaScript that works on the memory beside the protocol. */
  readonly words: Words;
}

/**
 * A thread: runs to its end and gives what it saw, of which JSON can be made. One that loops ends
 * each turn with {@link again}: what it remembers from then on is the state, and nothing else, so
 * turns that remember the same are the same, however they came about.
 */
export type Program = (thread: Thread, state?: unknown) => unknown;

/** The end of a turn: the program is run again, with this state. */
export class Again {
  readonly state: string;
  constructor(state: string) {
    this.state = state;
  }
}

/** Ends a turn of a loop. */
export function again(state: string): Again {
  return new Again(state);
}

/** How far a thread has come. */
export interface Node {
  readonly id: number;
  /** What it does next; `undefined` once it has ended. */
  readonly operation: Operation | undefined;
  /** Which call it is in, for traces. */
  readonly call: string;
  /** What it came to, as JSON; `undefined` before its end. */
  readonly result: string | undefined;
  /** Operations done. */
  readonly depth: number;
}

/** Makes the protocol over a machine's operations. */
export type CoreOf = (perform: (operation: Operation) => bigint) => Core;

/** Thrown through the thread at the first operation without a value; nobody may catch it. */
class Pause {
  readonly operation: Operation;
  constructor(operation: Operation) {
    this.operation = operation;
  }
}

/** An operation that was done, and what it gave. */
interface Past {
  readonly operation: Operation;
  readonly value: bigint;
}

/** How a node is come to: the turn, and its operations since. */
interface Origin {
  readonly state: string | undefined;
  readonly pasts: readonly Past[];
}

/** One thread on one machine. */
export class Runner {
  readonly first: Node;
  readonly #program: Program;
  readonly #thread: Thread;
  readonly #next = new Map<Node, Map<bigint, Node>>();
  readonly #origins = new Map<Node, Origin>();
  readonly #turns = new Map<string | undefined, Node>();
  #replayed: readonly Past[] = [];
  #at = 0;
  #call = '';
  #count = 0;

  constructor(program: Program, coreOf: CoreOf) {
    this.#program = program;
    const core = coreOf((operation) => this.#perform(operation));
    const own = (kind: 'load' | 'store' | 'wait', address: number, value: number): bigint => {
      this.#call = 'outside the binary';
      const word = BigInt(value >>> 0);
      return this.#perform({ kind, width: 4, address, value: word, expected: 0n, site: -1 });
    };
    this.#thread = {
      core: named(core, (call) => {
        this.#call = call;
      }),
      store: (address, value) => void own('store', address, value),
      load: (address) => Number(own('load', address, 0)),
      wait: (address, expected) => void own('wait', address, expected),
      words: wordsOf(
        new ArrayBuffer(MEMORY_BYTES),
        stepsOf((operation) => {
          this.#call = 'beside the binary';
          return this.#perform(operation);
        }),
      ),
    };
    this.first = this.#turn(undefined);
  }

  /** The node after this one, when its operation gave `value`. */
  advance(node: Node, value: bigint): Node {
    let next = this.#next.get(node);
    if (next === undefined) {
      next = new Map();
      this.#next.set(node, next);
    }
    const known = next.get(value);
    if (known !== undefined) return known;
    if (node.operation === undefined) throw new Error('A thread that has ended goes on');
    const { state, pasts } = this.#origins.get(node) ?? { state: undefined, pasts: [] };
    const found = this.#run(state, [...pasts, { operation: node.operation, value }]);
    next.set(value, found);
    return found;
  }

  /** The beginning of a turn: one node for each state. */
  #turn(state: string | undefined): Node {
    const known = this.#turns.get(state);
    if (known !== undefined) return known;
    const node = this.#run(state, []);
    this.#turns.set(state, node);
    return node;
  }

  #run(state: string | undefined, pasts: readonly Past[]): Node {
    this.#replayed = pasts;
    this.#at = 0;
    this.#call = '';
    let operation: Operation | undefined;
    let result: string | undefined;
    try {
      const end = this.#program(this.#thread, state);
      // Before its first operation a turn would begin for ever.
      if (end instanceof Again && this.#at > 0) return this.#turn(end.state);
      result = JSON.stringify(end ?? null);
    } catch (thrown) {
      if (!(thrown instanceof Pause)) throw thrown;
      operation = thrown.operation;
    }
    const depth = pasts.length;
    if (this.#at !== depth) throw new Error(`A thread is not deterministic: ${this.#call}`);
    const node: Node = { id: this.#count, operation, call: this.#call, result, depth };
    this.#count += 1;
    this.#origins.set(node, { state, pasts });
    return node;
  }

  #perform(operation: Operation): bigint {
    const past = this.#replayed[this.#at];
    if (past === undefined) throw new Pause(operation);
    const { kind, address } = past.operation;
    if (operation.kind !== kind || operation.address !== address) {
      throw new Error(`A thread is not deterministic: ${this.#call}`);
    }
    this.#at += 1;
    return past.value;
  }
}

/** The same functions, telling which of them is called. */
function named(core: Core, told: (call: string) => void): Core {
  const wrapped: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(core)) {
    if (typeof call !== 'function') continue;
    const run = call as (...args: readonly number[]) => unknown;
    wrapped[name] = (...args: readonly number[]) => {
      told(`${name}(${args.join(', ')})`);
      return run(...args);
    };
  }
  // Every function of the interface was wrapped, and nothing else is in it.
  return wrapped as unknown as Core;
}
