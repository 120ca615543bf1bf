/**
 * A worker as seen from the thread that hired it: questions, each with one answer. What it answers
 * is in `part.ts`; which kind of worker it is, the place knows.
 *
 * @module
 */

import type { Backend, LifecycleHandle, Phase } from '../../../src/index.ts';
import type { Task } from '../../conformance/harness.ts';

/** What a worker can be asked. */
export type Order =
  | { readonly act: 'conform'; readonly task: Task }
  | { readonly act: 'attach'; readonly handle: LifecycleHandle; readonly backend: Backend }
  | { readonly act: 'look' | 'ready' | 'enter' | 'leave' | 'shutdown' }
  | { readonly act: 'block'; readonly until: Phase; readonly timeoutMs: number };

/** A question. */
export interface Question {
  readonly id: number;
  readonly order: Order;
}

/** Its answer. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A worker at hand. */
export interface Hand {
  /** How its runtime numbers it, where that tells: Node. */
  readonly threadId: number | undefined;
  ask(order: Order): Promise<unknown>;
  /** Ends it wherever it is. Again is the same end. */
  end(): Promise<void>;
}

/** Starts one. */
export type Hire = () => Hand;

/** What the kinds of workers differ in, as `lead` needs it. */
export interface Line {
  readonly threadId?: number;
  post(question: Question): void;
  /** Sets what hears the answers, and what hears that the worker broke. */
  listen(answered: (answer: Answer) => void, broken: (why: string) => void): void;
  terminate(): Promise<void>;
}

/** Makes a hand of a worker's line. */
export function lead(line: Line): Hand {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  let broke: Error | undefined;
  let ended: Promise<void> | undefined;
  line.listen(
    ({ id, value, error }) => {
      const waiting = open.get(id);
      open.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`In the worker: ${error}`));
    },
    (why) => {
      broke = new Error(`The worker broke: ${why}`);
      for (const { reject } of open.values()) reject(broke);
      open.clear();
    },
  );
  return {
    threadId: line.threadId,
    ask: (order) =>
      new Promise((resolve, reject) => {
        if (broke !== undefined) throw broke;
        last += 1;
        open.set(last, { resolve, reject });
        line.post({ id: last, order });
      }),
    end: () => {
      ended ??= line.terminate();
      return ended;
    },
  };
}
