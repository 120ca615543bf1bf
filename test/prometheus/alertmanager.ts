/**
 * A real Alertmanager (Debian package `prometheus-alertmanager`), with the configuration of the examples
 * but for where it sends to: a receiver here. It asserts nothing.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './prometheus.ts';

/** Why tests that need it are skipped; in CI nothing is, so that they fail there. */
export const NO_ALERTMANAGER: string | undefined =
  spawnSync('prometheus-alertmanager', ['--version']).error === undefined ||
  process.env.CI === 'true'
    ? undefined
    : 'prometheus-alertmanager is not installed; apt-get install prometheus-alertmanager';

/** For a program that starts, or a message that is due, on a busy machine. */
const PATIENCE_MS = 60_000;

export class Alertmanager {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #receiver: Server;
  /** Receiver and name of each alert that it was told is firing, once. */
  readonly #told: Set<string>;
  #log = '';

  private constructor(folder: string, port: number, receiver: Server, told: Set<string>) {
    this.port = port;
    this.#folder = folder;
    this.#receiver = receiver;
    this.#told = told;
    this.#process = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${folder}/alertmanager.yml`,
        `--storage.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
  }

  /**
   * Starts it and waits until it answers.
   *
   * @param config makes its configuration of the URL that stands for all receivers
   */
  static async start(config: (url: string) => string): Promise<Alertmanager> {
    const told = new Set<string>();
    const receiver = createServer(async (req, res) => {
      let body = '';
      for await (const piece of req) body += piece;
      const { receiver: name, alerts } = JSON.parse(body) as Message;
      for (const { status, labels } of alerts) {
        if (status === 'firing') told.add(`${name} ${labels.alertname}`);
      }
      res.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-alertmanager-'));
    writeFileSync(join(folder, 'alertmanager.yml'), config(`http://127.0.0.1:${port}/`));
    const alertmanager = new Alertmanager(folder, await freePort(), receiver, told);
    await alertmanager.#until('it is ready', async () => {
      const ready = await fetch(`http://127.0.0.1:${alertmanager.port}/-/ready`).catch(() => null);
      return ready?.ok === true;
    });
    return alertmanager;
  }

  /** Waits until a receiver was told of an alert. */
  async told(receiver: string, alert: string): Promise<void> {
    await this.#until(`${receiver} is told of ${alert}`, () =>
      this.#told.has(`${receiver} ${alert}`),
    );
  }

  /** All that receivers were told. */
  get all(): string[] {
    return [...this.#told].sort();
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    this.#receiver.close();
    this.#receiver.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const endsAt = performance.now() + PATIENCE_MS;
    while (!(await isTrue())) {
      if (this.#process.exitCode !== null || performance.now() > endsAt) {
        throw new Error(`Not in time: ${what}; told ${this.all}\n${this.#log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** As far as it is looked at. */
interface Message {
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
}
