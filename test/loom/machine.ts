/**
 * Machines: they run a thread up to its next atomic operation. A thread is deterministic but for
 * what its operations read, so its progress *is* the list of values read: a node in a tree. To
 * advance, the thread is run again from its beginning with the known values, and stopped at the
 * first operation beyond them. Each node is run once, however many schedules pass it, so no stack
 * has to be saved and any code can be explored: the binary and the plain JavaScript alike.
 *
 * @module
 */

import type { Core } from '../../src/core/core.ts';
import type { Operation } from './operations.ts';

/** What a thread has at hand. */
export interface Thread {
  /** The protocol, each atomic operation of which is a step. */
  readonly core: Core;
  /** Stores a 32-bit word, as a step: what the wrapper does with bytes is outside the binary. */
  store(address: number, value: number): void;
}

/** A thread: runs to its end and gives what it saw, of which JSON can be made. */
export type Program = (thread: Thread) => unknown;

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

/** One thread on one machine. */
export class Runner {
  readonly first: Node;
  readonly #program: Program;
  readonly #core: Core;
  readonly #next = new Map<Node, Map<bigint, Node>>();
  readonly #values = new Map<Node, readonly bigint[]>();
  #replayed: readonly bigint[] = [];
  #at = 0;
  #call = '';
  #count = 0;

  constructor(program: Program, coreOf: CoreOf) {
    this.#program = program;
    const core = coreOf((operation) => this.#perform(operation));
    this.#core = named(core, (call) => {
      this.#call = call;
    });
    this.first = this.#run([]);
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
    const found = this.#run([...(this.#values.get(node) ?? []), value]);
    next.set(value, found);
    return found;
  }

  #run(values: readonly bigint[]): Node {
    this.#replayed = values;
    this.#at = 0;
    this.#call = '';
    let operation: Operation | undefined;
    let result: string | undefined;
    try {
      const store = (address: number, value: number): void => {
        this.#call = 'the wrapper';
        const stored = { kind: 'store', width: 4, address, value: BigInt(value >>> 0) } as const;
        this.#perform({ ...stored, expected: 0n, site: -1 });
      };
      result = JSON.stringify(this.#program({ core: this.#core, store }) ?? null);
    } catch (thrown) {
      if (!(thrown instanceof Pause)) throw thrown;
      operation = thrown.operation;
    }
    const depth = values.length;
    if (this.#at !== depth) throw new Error(`A thread is not deterministic: ${this.#call}`);
    const node: Node = { id: this.#count, operation, call: this.#call, result, depth };
    this.#count += 1;
    this.#values.set(node, values);
    return node;
  }

  #perform(operation: Operation): bigint {
    const value = this.#replayed[this.#at];
    if (value === undefined) throw new Pause(operation);
    this.#at += 1;
    return value;
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
