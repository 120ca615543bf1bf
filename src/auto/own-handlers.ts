/**
 * The program's own handlers of signals. They would run during the shutdown, and often call
 * `process.exit`, or close what requests in progress still need. So they are kept until the requests
 * have ended and the servers have closed, and are called then. It asks for no shutdown and ends no process.
 *
 * @module
 */

import { Socket } from 'node:net';
import process from 'node:process';
import { isThenable } from '../lifecycle/thenable.ts';

type Handler = (...args: unknown[]) => unknown;
type Method = (...args: unknown[]) => unknown;

/** Methods that add a listener, and those that remove one: of `process`, and of Deno's namespace. */
const ADD = ['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'];
const REMOVE = ['off', 'removeListener'];
const DENO_ADD = ['addSignalListener'];
const DENO_REMOVE = ['removeSignalListener'];

/** The signal whose handlers run when something else has asked for the shutdown. */
const USUAL = 'SIGTERM';
/** How often it is looked whether anything is left that keeps the process. */
const LOOK_MS = 50;

/** What is kept, and what was put in the place of the methods. */
export class OwnHandlers {
  readonly #handlers: ReadonlyMap<string, Set<Handler>>;
  readonly #undos: (() => void)[] = [];

  /** Those that are there already, and those that will be added. @param names of signals */
  constructor(names: readonly string[]) {
    this.#handlers = new Map(names.map((name) => [name, new Set<Handler>()]));
    for (const name of names) {
      for (const handler of process.listeners(name as NodeJS.Signals)) {
        process.off(name, handler as Handler);
        this.#handlers.get(name)?.add(handler as Handler);
      }
    }
  }

  /** From now on. Call it when the listeners that ask for the shutdown are there. */
  keep(): void {
    const { Deno } = globalThis as { readonly Deno?: object };
    const add = (of: ReadonlySet<Handler>, handler: Handler): unknown =>
      (of as Set<Handler>).add(handler);
    const remove = (of: ReadonlySet<Handler>, handler: Handler): unknown =>
      (of as Set<Handler>).delete(handler);
    this.#replace(process, ADD, add);
    this.#replace(process, REMOVE, remove);
    if (Deno !== undefined) {
      this.#replace(Deno, DENO_ADD, add);
      this.#replace(Deno, DENO_REMOVE, remove);
    }
    this.#replaceRemoveAll();
  }

  /** Gives them back to the runtime, which calls them at once when their signal comes. */
  giveBack(): void {
    for (const undo of this.#undos.splice(0)) undo();
    for (const [name, handlers] of this.#handlers) {
      for (const handler of handlers) process.on(name, handler);
    }
  }

  /**
   * Calls those of the signal that asked for the shutdown, or of SIGTERM if something else did. Waits for
   * the promises that they return; one that returns none has until it ends the process, until nothing else
   * keeps it alive, or `leastMs`.
   *
   * @throws what the first one of them throws, when all are done; an error if something is known to keep the
   * process for longer
   */
  async run(trigger: string | null, leastMs: number): Promise<void> {
    const name = trigger !== null && this.#handlers.has(trigger) ? trigger : USUAL;
    const results = [...(this.#handlers.get(name) ?? [])].map((handler) => called(handler, name));
    const ended = await Promise.allSettled(results);
    const isBusy = results.includes(undefined) && (await isBusyAfter(leastMs));
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    if (isBusy) {
      throw new Error(`Something keeps the process for more than ${Math.round(leastMs)} ms`);
    }
  }

  #replace(
    target: object,
    methods: readonly string[],
    change: (handlers: ReadonlySet<Handler>, handler: Handler) => unknown,
  ): void {
    for (const method of methods) {
      const original = Reflect.get(target, method) as Method;
      const replaced = (...args: unknown[]): unknown => {
        const [name, handler] = args;
        const handlers = this.#handlers.get(name as string);
        if (handlers === undefined || typeof handler !== 'function') {
          return Reflect.apply(original, target, args);
        }
        change(handlers, handler as Handler);
        return target;
      };
      this.#put(target, method, replaced);
    }
  }

  /** It would remove what asks for the shutdown, too. */
  #replaceRemoveAll(): void {
    const original = process.removeAllListeners as Method;
    const removeAll = (...args: unknown[]): unknown => {
      const names = args.length > 0 ? args : process.eventNames();
      for (const name of names) {
        const handlers = this.#handlers.get(name as string);
        if (handlers === undefined) Reflect.apply(original, process, [name]);
        else handlers.clear();
      }
      return process;
    };
    this.#put(process, 'removeAllListeners', removeAll);
  }

  #put(target: object, method: string, replacement: Method): void {
    const own = Reflect.getOwnPropertyDescriptor(target, method);
    Object.defineProperty(target, method, {
      value: replacement,
      writable: true,
      configurable: true,
      enumerable: own?.enumerable ?? false,
    });
    this.#undos.push(() => {
      if (own === undefined) Reflect.deleteProperty(target, method);
      else Object.defineProperty(target, method, own);
    });
  }
}

/** A promise of its end, or `undefined` if it does not say when that is. */
function called(handler: Handler, name: string): Promise<unknown> | undefined {
  try {
    const result = Reflect.apply(handler, process, [name]);
    return isThenable(result) ? Promise.resolve(result) : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Waits until nothing but whoever waits for this keeps the process, or for so long. True if something is known
 * to keep it then.
 */
async function isBusyAfter(mostMs: number): Promise<boolean> {
  const endsAt = performance.now() + mostMs;
  while (performance.now() < endsAt) {
    if (isIdle(active())) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  // Our own timer is among them, where a runtime tells them.
  return active().length > 0;
}

function active(): readonly string[] {
  return process.getActiveResourcesInfo?.() ?? [];
}

/** One timer is left, that of the wait which this is part of, and a terminal or pipes for the output. */
function isIdle(kinds: readonly string[]): boolean {
  const left = kinds.filter((kind) => kind !== 'TTYWrap');
  for (const stream of [process.stdout, process.stderr]) {
    const at = left.indexOf('PipeWrap');
    if (at >= 0 && stream instanceof Socket && !stream.isTTY) left.splice(at, 1);
  }
  return left.join() === 'Timeout';
}
