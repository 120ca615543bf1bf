/**
 * A real Prometheus (Debian package `prometheus`) with a storage of its own, and its HTTP API. It
 * asserts nothing.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why tests that need it are skipped; in CI nothing is, so that they fail there. */
export const MISSING: string | undefined =
  spawnSync('prometheus', ['--version']).error === undefined || process.env.CI === 'true'
    ? undefined
    : 'prometheus is not installed; apt-get install prometheus';

/** What is scraped: `port` and `path` under the names of `labels`. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What {@link Prometheus} evaluates, and whom it tells. */
export interface Alerting {
  readonly rules: string;
  readonly alertmanagerPort: number;
}

/** One sample of an answer, with its labels but for the name of the metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Its time-out, too: a busy machine answers late. */
const INTERVAL = '300ms';
/** For a program that starts, or a scrape that is due, on a busy machine. */
const PATIENCE_MS = 60_000;

export class Prometheus {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #url: string;
  #log = '';

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#url = `http://127.0.0.1:${port}`;
    this.#process = spawn(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
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
   * @param alerting rules to evaluate, as a file has them, and the port of an Alertmanager
   */
  static async start(targets: readonly Target[], alerting?: Alerting): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-prometheus-'));
    // YAML takes JSON.
    const config = {
      global: {
        scrape_interval: INTERVAL,
        scrape_timeout: INTERVAL,
        evaluation_interval: INTERVAL,
      },
      ...(alerting !== undefined && {
        rule_files: ['rules.yml'],
        alerting: {
          alertmanagers: [
            { static_configs: [{ targets: [`127.0.0.1:${alerting.alertmanagerPort}`] }] },
          ],
        },
      }),
      scrape_configs: targets.map(({ port, path, labels }, index) => ({
        job_name: `job-${index}`,
        metrics_path: path,
        static_configs: [{ targets: [`127.0.0.1:${port}`], labels }],
      })),
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    if (alerting !== undefined) writeFileSync(join(folder, 'rules.yml'), alerting.rules);
    const prometheus = new Prometheus(folder, await freePort());
    await prometheus.#ready();
    return prometheus;
  }

  /** The samples of an instant query, now. */
  async query(query: string): Promise<Sample[]> {
    const { result } = (await this.#get('query', { query })) as {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly value: readonly [atSecs: number, value: string];
      }[];
    };
    return result.map(({ metric: { __name__, ...labels }, value }) => ({
      labels,
      value: Number(value[1]),
    }));
  }

  /** Asks again until the answer has so many samples; what a scrape brings is not there at once. */
  async until(query: string, count: number): Promise<Sample[]> {
    const endsAt = performance.now() + PATIENCE_MS;
    while (true) {
      const samples = await this.query(query);
      if (samples.length === count) return samples;
      if (performance.now() > endsAt) {
        throw new Error(`${query} has ${samples.length} samples, not ${count}\n${this.#log}`);
      }
      await sleep(50);
    }
  }

  /** What the targets with this label say of a metric. */
  async metadata(metric: string, match: string): Promise<Readonly<Record<string, unknown>>[]> {
    const data = await this.#get('targets/metadata', { metric, match_target: match });
    return data as Readonly<Record<string, unknown>>[];
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #get(path: string, search: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(search)}`);
    const { status, data, error } = (await response.json()) as Record<string, unknown>;
    if (status !== 'success') throw new Error(`${JSON.stringify(search)}: ${error}`);
    return data;
  }

  async #ready(): Promise<void> {
    const endsAt = performance.now() + PATIENCE_MS;
    while (true) {
      const answer = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
      if (answer?.ok === true) return;
      if (this.#process.exitCode !== null || performance.now() > endsAt) {
        throw new Error(`Prometheus does not start: ${this.#log}`);
      }
      await sleep(50);
    }
  }
}

/** It cannot be told to take any port and say which. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
