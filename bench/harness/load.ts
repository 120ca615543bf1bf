/**
 * The process that puts servers under load (`program/load.ts`), as seen from here.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { pinned } from '../../test/matrix/engines.ts';
import type { Loaded, Order } from '../program/load.ts';
import { pinnedTo } from './pins.ts';

const PROGRAM = 'build/bench/load.mjs';

/** A load, ready for orders. */
export class Load {
  readonly #child: ChildProcess;
  /** Who waits for what came of the load on a port; `undefined` is told when there will be nothing. */
  readonly #waiting: Map<number, (loaded: Loaded | undefined) => void> = new Map();
  #error = '';

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    lines.on('line', (line) => {
      const loaded = JSON.parse(line) as Loaded;
      this.#waiting.get(loaded.port)?.(loaded);
    });
    lines.once('close', () => {
      for (const end of this.#waiting.values()) end(undefined);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#error += text;
    });
    // Its end is seen by the end of its lines.
    child.stdin?.on('error', () => {});
  }

  /** Starts it, on a core of its own where there is one. */
  static start(): Load {
    const [program = '', ...args] = [...pinnedTo('load'), pinned('bun').program, PROGRAM];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    return new Load(child, createInterface({ input: child.stdout }));
  }

  /**
   * Loads one server for a while, beside others that are under load.
   *
   * @throws if an answer was not 200, or none came
   */
  async fire(order: Order): Promise<Loaded> {
    const loaded = await new Promise<Loaded | undefined>((resolve) => {
      this.#waiting.set(order.port, resolve);
      this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    });
    if (loaded === undefined) {
      throw new Error(`The load on ${order.path} ended: ${this.#error.trim()}`);
    }
    if (loaded.requests === 0) throw new Error(`${order.path} answered nothing`);
    return loaded;
  }

  /** Ends it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
