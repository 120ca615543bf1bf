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
  readonly #lines: AsyncIterator<string>;
  #error = '';

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
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
   * Loads one server for a while.
   *
   * @throws if an answer was not 200, or none came
   */
  async fire(order: Order): Promise<Loaded> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`The load on ${order.path} ended: ${this.#error.trim()}`);
    const loaded = JSON.parse(value) as Loaded;
    if (loaded.requests === 0) throw new Error(`${order.path} answered nothing`);
    return loaded;
  }

  /** Ends it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
