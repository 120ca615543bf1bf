/**
 * Real processes with real threads, on each runtime: what keeps one alive, what answers while its
 * loop is blocked, what ends it when its loop is blocked for ever, and what is left after chaos.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildScenarios, SCENARIOS } from './build.ts';
import type { Survival } from './chaos.ts';

/** The collector can be asked for on each of them. */
const COMMANDS = {
  node: [process.execPath, '--expose-gc', SCENARIOS],
  deno: ['node_modules/.bin/deno', 'run', '-A', '--v8-flags=--expose-gc', SCENARIOS],
  bun: ['node_modules/.bin/bun', SCENARIOS],
} as const;
type Runtime = keyof typeof COMMANDS;
const RUNTIMES = Object.keys(COMMANDS) as Runtime[];
const BACKENDS = ['wasm', 'atomics'] as const;

const WORKERS = Number(process.env.TIDEGATE_WORKERS ?? 1_000);
const SEED = Number(process.env.TIDEGATE_SEED ?? Date.now() % 1_000_000);

beforeAll(buildScenarios);

/** What a scenario said, and how it ended. */
interface Ended {
  readonly said: readonly Readonly<Record<string, unknown>>[];
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

/** A scenario under way. */
class Play {
  readonly ended: Promise<Ended>;
  readonly #said: Record<string, unknown>[] = [];
  #output = '';

  constructor(runtime: Runtime, args: readonly (string | number)[]) {
    const [command, ...first] = COMMANDS[runtime];
    const child = spawn(command, [...first, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      const lines = this.#output.split('\n');
      this.#output = lines.pop() ?? '';
      for (const line of lines) this.#said.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.ended = new Promise((resolve) => {
      let atMs = 0;
      child.once('exit', () => {
        atMs = performance.timeOrigin + performance.now();
      });
      child.once('close', (code, signal) => resolve({ said: this.#said, code, signal, atMs }));
    });
  }

  async heard(event: string): Promise<Readonly<Record<string, unknown>>> {
    while (true) {
      const found = this.#said.find((each) => each.event === event);
      if (found !== undefined) return found;
      const ended = await Promise.race([this.ended, sleep(2)]);
      if (ended !== undefined) throw new Error(`It ended with ${ended.code} before ${event}`);
    }
  }
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  describe.each(BACKENDS)('with %s', (backend) => {
    it('nothing that is installed keeps an idle process alive', async () => {
      const { said, code, signal } = await new Play(runtime, ['idle', backend]).ended;
      expect([said.map(({ event }) => event), code, signal]).toEqual([['idle'], 0, null]);
    });

    it('a pending waitFor() does, until another thread makes the transition', async () => {
      const { said, code } = await new Play(runtime, ['waitFor', backend]).ended;
      expect([said, code]).toEqual([[{ event: 'reached', phase: 1 }], 0]);
    });

    it('a pending drain() does, until another thread gives its permit back', async () => {
      const { said, code } = await new Play(runtime, ['drain', backend]).ended;
      expect([said[0]?.event, said[0]?.drained, code]).toEqual(['drained', true, 0]);
    });

    it('a pending shutdown() does, until the host on another thread has ended it', async () => {
      const { said, code } = await new Play(runtime, ['shutdown', backend]).ended;
      expect(said[0]).toMatchObject({ event: 'stopped', report: { flushedWal: true } });
      expect(code).toBe(0);
    });
  });

  it('probes are answered while the main loop is blocked for 5 s', async () => {
    const play = new Play(runtime, ['blocked', 'wasm', 5_000]);
    const { url } = await play.heard('listening');
    const answers: Promise<Probe>[] = [];
    for (let sent = 0; sent < 48; sent++) {
      answers.push(probe(`${url}/health/live`));
      await sleep(100);
    }
    const all = await Promise.all(answers);
    const inTime = all.filter(({ ms }) => ms <= 250);
    const blocked = all.filter(({ body }) => body.includes('"loop":"blocked"'));
    console.log(
      `${runtime}: ${inTime.length} of ${all.length} probes within 250 ms, ` +
        `${blocked.length} say that the loop is blocked`,
    );
    expect((await play.ended).code).toBe(0);
    // The share and the bound are the project's promise, not a guess about the machine.
    expect(inTime.length / all.length).toBeGreaterThanOrEqual(0.95);
    expect(blocked.length).toBeGreaterThan(30);
  });

  it('a process whose loop is blocked for ever ends by its budget', async () => {
    const budgetMs = 700;
    const play = new Play(runtime, ['stuck', 'wasm', budgetMs]);
    const { atMs = 0 } = await play.heard('blocking');
    const ended = await play.ended;
    // Accepted 300 ms after the worker began, at the earliest; it began about when this was said.
    const lateMs = ended.atMs - (Number(atMs) + 300 + budgetMs);
    console.log(`${runtime}: ended ${Math.round(lateMs)} ms after its budget`);
    expect([ended.code, ended.signal]).toEqual([null, 'SIGKILL']);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // 300 ms are promised; the rest is the start of the worker that asks.
    expect(lateMs).toBeLessThan(300 + 500);
  });

  it.each([
    ['wasm', 1],
    ['atomics', 2],
    ['both backends on one memory', 3],
  ])(
    `${WORKERS} workers terminated at random moments, with %s`,
    async (_, backends) => {
      const sampleAt = Math.ceil(WORKERS / 5 / 8) * 8;
      const play = new Play(runtime, ['chaos', 'wasm', WORKERS, SEED, backends, sampleAt]);
      const { said, code } = await play.ended;
      expect(code, `seed ${SEED}`).toBe(0);
      const { workers, byWorkers, takenOver, samples } = said[0] as unknown as Survival;
      const [early, late] = samples;
      const mib = (bytes = 0): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
      console.log(
        `${runtime}: ${workers} workers, ${byWorkers} shutdowns by a worker, ${takenOver} taken over; ` +
          `heap ${mib(early?.heap)} -> ${mib(late?.heap)}, RSS ${mib(early?.rss)} -> ${mib(late?.rss)}`,
      );
      expect(workers).toBeGreaterThanOrEqual(WORKERS);
      const bound = (bytes = 0): number => bytes * 1.05 + 8 * 2 ** 20;
      expect(late?.heap).toBeLessThanOrEqual(bound(early?.heap));
      expect(late?.rss).toBeLessThanOrEqual(bound(early?.rss));
    },
    600_000,
  );
});

interface Probe {
  readonly ms: number;
  readonly body: string;
}

/** On a connection of its own, as kubelets do it; one that fails is infinitely late. */
function probe(url: string): Promise<Probe> {
  const beganMs = performance.now();
  return new Promise((resolve) => {
    const sent = request(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ ms: performance.now() - beganMs, body }));
    });
    sent.on('error', () => resolve({ ms: Number.POSITIVE_INFINITY, body: '' }));
    sent.end();
  });
}

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
