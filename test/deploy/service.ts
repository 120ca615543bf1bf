/**
 * Two instances of the service of `examples/deploy`, and clients that have kept-alive connections to
 * whatever stands before them. Every request is accounted for, and none is tried again.
 *
 * @module
 */

import { join } from 'node:path';
import { freePort } from '../proxy/haproxy.ts';
import { Cut, once, saysClose, Wire } from '../runtime/wire.ts';
import { type Layout, Running } from './process.ts';

const CLIENTS = 16;
const TOKEN = 'a-token-of-the-operator';

/** One instance, which is the same one after it was restarted: its data and its port are. */
export class Instance {
  /** What it answers to "who". */
  readonly name: string;
  readonly port: number;
  readonly #layout: Layout;
  readonly #env: Readonly<Record<string, string>>;
  #program: Running;

  private constructor(
    name: string,
    port: number,
    layout: Layout,
    env: Readonly<Record<string, string>>,
  ) {
    this.name = name;
    this.port = port;
    this.#layout = layout;
    this.#env = {
      HOST: '127.0.0.1',
      PORT: String(port),
      PROBE_PORT: '0',
      DATA_FILE: join(layout.path, `${name}-${port}.json`),
      TIDEGATE_ADMIN_TOKEN: TOKEN,
      ...env,
    };
    this.#program = this.#run();
  }

  static async start(
    name: string,
    layout: Layout,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Instance> {
    const instance = new Instance(name, await freePort(), layout, env);
    await instance.#program.said(/listening on/);
    const put = await once(instance.port, '/entries/who', { method: 'PUT', body: name });
    if (put.status !== 201) throw new Error(`${name} answers ${put.status}`);
    return instance;
  }

  /** SIGTERM; resolves to how it ended. */
  async end(): Promise<{ readonly code: number | null }> {
    this.#program.signal('SIGTERM');
    return this.#program.exit;
  }

  /** Once more, after its end. */
  async restart(): Promise<void> {
    this.#program = this.#run();
    await this.#program.said(/listening on/);
  }

  /** The admin call: it takes no more writes, and goes on with reads. */
  async drain(): Promise<void> {
    const headers = [`authorization: Bearer ${TOKEN}`];
    const { status } = await once(this.port, '/admin/drain', { method: 'POST', headers });
    if (status !== 200) throw new Error(`It does not drain: ${status}`);
  }

  async kill(): Promise<void> {
    await this.#program.stop();
  }

  #run(): Running {
    return new Running(['node', 'service.js'], this.#layout.path, this.#env);
  }
}

/** Clients of a port, until they are called back. */
export class Clients {
  /** One line for each request that was not answered as it should have been. */
  readonly failed: string[] = [];
  sent = 0;
  /** Who has answered since it was last cleared. */
  readonly heard: Set<string> = new Set();
  readonly #port: number;
  readonly #over: Promise<unknown>;
  #isOver = false;

  constructor(port: number) {
    this.#port = port;
    this.#over = Promise.all(Array.from({ length: CLIENTS }, (_, index) => this.#run(index)));
  }

  /** Resolves when each of these has answered, from now on. */
  async hears(instances: readonly Instance[]): Promise<void> {
    this.heard.clear();
    while (!instances.every(({ name }) => this.heard.has(name))) await pause();
  }

  /** Resolves after so many more requests. */
  async more(requests: number): Promise<void> {
    const until = this.sent + requests;
    while (this.sent < until) await pause();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#over;
  }

  async #run(index: number): Promise<void> {
    let wire: Wire | undefined;
    for (let turn = 0; !this.#isOver; turn++) {
      if (wire?.isOver !== false) wire = await Wire.open(this.#port);
      const isWrite = turn % 2 === 0;
      const options = isWrite ? { method: 'PUT', body: `${turn}` } : {};
      this.sent += 1;
      try {
        const reply = await wire.request(`/entries/${isWrite ? `c-${index}` : 'who'}`, options);
        if (reply.status !== (isWrite ? 201 : 200)) {
          this.failed.push(`${isWrite ? 'PUT' : 'GET'}: ${reply.status} ${reply.body}`);
        } else if (!isWrite) this.heard.add(reply.body);
        if (saysClose(reply)) wire.socket.destroy();
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        this.failed.push(error.message);
        wire = undefined;
      }
      // The machine also has to start processes meanwhile.
      await pause();
    }
    wire?.socket.destroy();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
