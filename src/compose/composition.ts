/**
 * One composition: starts the components of a checked graph, and stops what it has started, each once.
 * When the steps run is the pipeline's business, and in which order things may start is `graph.ts`'s.
 *
 * ```text
 *   waiting -> running -> started -> stopped
 *                 |          ^
 *                 |          | a start that ends although it was aborted
 *                 +-> failed-+
 * ```
 *
 * The steps are added before anything starts, since none can be added after the acceptance of a
 * shutdown. The step of a component that has not started is skipped. One whose start is in progress
 * is not: `stage().run` makes the shutdown wait for it before the steps run.
 *
 * @module
 */

import { added } from '../core/backends.ts';
import { journal } from '../lifecycle/journal.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { BUDGET_MS } from '../lifecycle/pipeline.ts';
import { runStep, SKIPPED } from '../lifecycle/run-step.ts';
import type { StopContext } from './component.ts';
import { dependentsOf, type Node } from './graph.ts';

/** A start in progress. */
interface Running {
  readonly controller: AbortController;
  /** Resolves when it is over, however it ended. */
  readonly over: Promise<void>;
}

/** Why the boot ended before it was done. */
interface Failure {
  readonly error: unknown;
  /** The component that failed to start; none if the process is leaving. */
  readonly node: Node | undefined;
}

/** Starts and stops, once. */
export class Composition {
  readonly #lifecycle: Lifecycle;
  /** In an order in which they could start. */
  readonly #nodes: readonly Node[];
  /** Who needs each. */
  readonly #dependents: ReadonlyMap<Node, ReadonlySet<Node>>;
  readonly #waiting: Set<Node>;
  readonly #running: Map<Node, Running> = new Map();
  readonly #values: Map<string, unknown> = new Map();
  readonly #stops: Map<Node, Promise<unknown>> = new Map();
  /** Whose turn to stop has passed: what starts after all is stopped at once. */
  readonly #passed: Set<Node> = new Set();
  /** Stops that are no steps, one after the other, while there are any. */
  #stoppingHere: Promise<void> | undefined;
  #failure: Failure | undefined;
  #settle: () => void = () => {};

  constructor(lifecycle: Lifecycle, nodes: readonly Node[]) {
    this.#lifecycle = lifecycle;
    this.#nodes = nodes;
    this.#dependents = dependentsOf(nodes);
    this.#waiting = new Set(nodes);
  }

  /** Boots. Returns the values, or rejects once what had started is stopped. */
  async run(): Promise<Record<string, unknown>> {
    const { leaving } = this.#lifecycle;
    leaving.throwIfAborted();
    this.#install();
    const leave = (): void => this.#fail(leaving.reason);
    leaving.addEventListener('abort', leave);
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#startAll();
    });
    leaving.removeEventListener('abort', leave);
    // Another thread may have accepted one, and the signal not have heard of it.
    if (this.#lifecycle.leaving.aborted) this.#fail(leaving.reason);
    if (this.#failure !== undefined) {
      await this.#end(this.#failure);
      throw this.#failure.error;
    }
    this.#lifecycle.markReady();
    return this.#valuesOf(this.#nodes.map(({ name }) => name));
  }

  /** All stages and steps, or none of the steps; a stage that never runs shows nowhere. */
  #install(): void {
    const removes: (() => void)[] = [];
    try {
      for (const node of this.#nodes) {
        this.#lifecycle.stage(node.name);
        if (node.stop === undefined) continue;
        const { name, timeoutMs, at } = node;
        const dependents = [...(this.#dependents.get(node) ?? [])];
        const after = dependents.filter(({ stop }) => stop !== undefined).map((each) => each.name);
        const run = (context: StopContext): unknown => this.#stopStarted(node, context);
        removes.push(this.#lifecycle.step({ name, timeoutMs, at, after, run }));
      }
    } catch (error) {
      for (const remove of removes) remove();
      throw error;
    }
  }

  #startAll(): void {
    for (const node of [...this.#waiting]) {
      // The one before it may have ended all this as it started.
      if (this.#failure !== undefined) return;
      if (!node.needs.every((name) => this.#values.has(name))) continue;
      this.#waiting.delete(node);
      this.#start(node);
    }
    if (this.#waiting.size === 0 && this.#running.size === 0) this.#settle();
  }

  #start(node: Node): void {
    const controller = new AbortController();
    added.allowListeners?.(controller.signal);
    let over = (): void => {};
    this.#running.set(node, {
      controller,
      over: new Promise((resolve) => {
        over = resolve;
      }),
    });
    const { name, timeoutMs } = node;
    const late = (): void => {
      const message = `${name} did not start within ${timeoutMs} ms`;
      this.#fail(new DOMException(message, 'TimeoutError'), node);
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
    const ended = (): void => {
      clearTimeout(timer);
      this.#running.delete(node);
      this.#tellReason(name);
      over();
    };
    this.#runStage(node, controller).then(
      () => {
        ended();
        this.#startAll();
      },
      (error: unknown) => {
        ended();
        this.#fail(error, node);
      },
    );
  }

  /** Everything in the stage: the steps do not run before it has ended. */
  async #runStage(node: Node, { signal }: AbortController): Promise<void> {
    await this.#lifecycle.stage(node.name).run(async () => {
      const value = await node.start?.({ ...this.#valuesOf(node.needs), signal });
      this.#values.set(node.name, value);
      if (this.#passed.has(node)) await this.#stopAllHere(new Set([node]));
      else if (this.#failure === undefined) this.#check(node, value);
    });
  }

  #check({ name, check }: Node, value: unknown): void {
    if (check === undefined) return;
    const { run, ...options } = check;
    this.#lifecycle.check({ ...options, name, run: (context) => run(value, context) });
  }

  /** The last stage that began is the reason, even after it has ended; another one still runs. */
  #tellReason(ended: string): void {
    const [next] = this.#running.keys();
    if (next === undefined || this.#failure !== undefined) return;
    if (this.#lifecycle.notReadyReason() === ended) this.#lifecycle.setStartingReason(next.name);
  }

  /** The first one counts: what comes after it is what it has aborted. */
  #fail(error: unknown, node?: Node): void {
    if (this.#failure !== undefined) return;
    const { leaving } = this.#lifecycle;
    this.#failure = leaving.aborted ? { error: leaving.reason, node: undefined } : { error, node };
    for (const { controller } of this.#running.values()) controller.abort(this.#failure.error);
    this.#settle();
  }

  /** Resolves once all that had started was stopped, as far as it could be. */
  async #end({ node }: Failure): Promise<void> {
    const lifecycle = this.#lifecycle;
    if (node !== undefined) {
      await lifecycle.shutdown({ trigger: `start:${node.name}`, failed: true });
    } else if (lifecycle.shutdownRequested()) {
      await lifecycle.shutdown();
    } else {
      // The application has called beginShutdown(), and runs no steps.
      await Promise.all([...this.#running.values()].map(({ over }) => over));
    }
    // What no step has stopped, because another thread ran the shutdown, or nobody did.
    await this.#stopAllHere(new Set(this.#nodes));
  }

  /** The step of a component. */
  #stopStarted(node: Node, context: StopContext): unknown {
    if (!this.#values.has(node.name)) {
      this.#passed.add(node);
      return SKIPPED;
    }
    const dependents = this.#dependents.get(node) ?? new Set();
    const isDown = (each: Node): boolean => each.stop === undefined || this.#stops.has(each);
    if (this.#stoppingHere === undefined && [...dependents].every(isDown)) {
      return this.#stopOnce(node, context);
    }
    // A host before this one had the steps of those that need it, with values of its own; or one of
    // them started late.
    return this.#stopAllHere(dependents).then(() => this.#stopOnce(node, context));
  }

  /** Stops those that no step has, in reverse, after others that are being stopped so. */
  #stopAllHere(nodes: ReadonlySet<Node>): Promise<void> {
    const stopAll = async (before: Promise<void> | undefined): Promise<void> => {
      await before;
      for (const node of [...this.#nodes].reverse()) {
        if (!nodes.has(node)) continue;
        if (this.#values.has(node.name)) await this.#stopHere(node);
        else this.#passed.add(node);
      }
      if (this.#stoppingHere === stopping) this.#stoppingHere = undefined;
    };
    const stopping = stopAll(this.#stoppingHere);
    this.#stoppingHere = stopping;
    return stopping;
  }

  /** Stops without a step, and as one: it never hangs, and says what went wrong. */
  async #stopHere(node: Node): Promise<void> {
    if (node.stop === undefined || this.#stops.has(node)) return;
    const { name, timeoutMs } = node;
    const run = (context: StopContext): unknown => this.#stopOnce(node, context);
    const step = { name, run, timeoutMs, at: node.at, after: [], waits: new Set<string>() };
    const { ended } = runStep(step, timeoutMs ?? BUDGET_MS, false, () => '');
    const { step: report, thrown } = await ended;
    if (report.status === 'ok') return;
    const isFailed = report.status === 'failed';
    const type = isFailed ? 'step_failed' : 'step_timed_out';
    const message = `stopping ${name}, outside of its step, ${isFailed ? 'failed' : report.error}`;
    journal(this.#lifecycle, { type, name, message, ...(isFailed && { error: thrown }) });
  }

  #stopOnce(node: Node, context: StopContext): Promise<unknown> {
    const known = this.#stops.get(node);
    if (known !== undefined) return known;
    const stop = async (): Promise<unknown> => node.stop?.(this.#values.get(node.name), context);
    const stopping = stop();
    this.#stops.set(node, stopping);
    return stopping;
  }

  #valuesOf(names: readonly string[]): Record<string, unknown> {
    return Object.fromEntries(names.map((name) => [name, this.#values.get(name)]));
  }
}
