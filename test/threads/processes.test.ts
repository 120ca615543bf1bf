/**
 * Real processes with real threads, on each runtime: what keeps one alive, what answers while its
 * loop is blocked, what ends it when its loop is blocked for ever, and what is left after chaos.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildScenarios, SCENARIOS } from './build.ts';
import type { Sample, Survival } from './chaos.ts';

/**
 * The collector can be asked for on each of them, and V8's young generation keeps its size: else it
 * grows with the work and keeps what it has, which is no leak and looks like one.
 */
const V8_FLAGS = ['--expose-gc', '--max-semi-space-size=1'];
const COMMANDS = {
  node: [process.execPath, ...V8_FLAGS, SCENARIOS],
  deno: ['node_modules/.bin/deno', 'run', '-A', `--v8-flags=${V8_FLAGS.join()}`, SCENARIOS],
  bun: ['node_modules/.bin/bun', SCENARIOS],
} as const;
/**
 * Bun does not give all back that a terminated worker had: 2 KB of an idle one, up to 10 of one whose
 * code its optimizing compiler has been at, 6 without that. Nothing of it is reachable: the heap is
 * flat, and the same workers leave Node's RSS where it was.
 */
const ENVIRONMENT = { ...process.env, BUN_JSC_useDFGJIT: '0' };
type Runtime = keyof typeof COMMANDS;
const RUNTIMES = Object.keys(COMMANDS) as Runtime[];
/** Of the main thread and of the workers; mixed, they are different. */
const BACKENDS = ['wasm', 'atomics', 'mixed'] as const;
/** A process that nobody ends lives for ever: so much later than its budget is no such one. */
const BOUNDED_MS = 10_000;

/** For how long the loop is blocked that probes are asked about. */
const BLOCKED_MS = 5_000;

/** Where a thread hears signals while the main loop is blocked. Node and Bun tell the main loop only. */
const HEARS_WHILE_BLOCKED: readonly Runtime[] = ['deno'];

/** Of the play in which both backends meet, and which looks for leaks: that takes many. */
const WORKERS = Number(process.env.TEST_WORKERS ?? 500);
/** Of those with one backend; the seed is another one at every run. */
const FEWER_WORKERS = Math.ceil(WORKERS / 10);
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

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
  readonly #child: ChildProcess;
  readonly #said: Record<string, unknown>[] = [];
  #output = '';

  constructor(runtime: Runtime, args: readonly (string | number)[]) {
    const [command, ...first] = COMMANDS[runtime];
    const child = spawn(command, [...first, ...args.map(String)], {
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      const lines = this.#output.split('\n');
      this.#output = lines.pop() ?? '';
      for (const line of lines) this.#said.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.ended = new Promise((resolve) => {
      let atMs = 0;
      child.once('exit', () => {
        atMs = Date.now();
      });
      child.once('close', (code, signal) => resolve({ said: this.#said, code, signal, atMs }));
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
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

  it('a probe thread that cannot listen says why, keeps no place, and leaves the others alone', async () => {
    const { said, code } = await new Play(runtime, ['refused', 'wasm']).ended;
    const codes = ['EADDRINUSE', 'invalid_argument'];
    expect(said).toEqual([{ event: 'refused', codes, ok: true, members: 2 }]);
    expect(code).toBe(0);
  });

  it.each(['wasm', 'atomics'])(
    'probes are answered while the main loop is blocked, and say so, with %s',
    async (backend) => {
      const play = new Play(runtime, ['blocked', backend, BLOCKED_MS]);
      const { url } = await play.heard('listening');
      const beganMs = performance.now();
      const answers: Promise<Probe>[] = [];
      let isBlocked = true;
      void play.heard('unblocked').then(() => {
        isBlocked = false;
      });
      while (isBlocked) {
        answers.push(probe(`${url}/health/live`, beganMs, () => isBlocked));
        await sleep(100);
      }
      const all = await Promise.all(answers);
      const meanwhile = all.filter(({ isEarly }) => isEarly);
      const inTime = all.filter(({ ms }) => ms <= 250);
      console.log(
        `${runtime}, ${backend}: ${inTime.length} of ${all.length} probes within 250 ms, ` +
          `${meanwhile.length} while the loop was blocked`,
      );
      expect((await play.ended).code).toBe(0);
      // Asked in the first half and not answered in the second: it waited for the loop.
      const waited = all.filter(({ sentMs, isEarly }) => sentMs < BLOCKED_MS / 2 && !isEarly);
      expect(waited).toEqual([]);
      // By the second fifth the silence of the loop has been noticed.
      const late = meanwhile.filter(({ sentMs }) => sentMs > BLOCKED_MS / 5);
      expect(late.filter(({ body }) => !body.includes('"loop":"blocked"'))).toEqual([]);
      expect(late.length).toBeGreaterThan(0);
    },
  );

  it.each(BACKENDS)(
    'a process whose loop is blocked for ever ends by its budget, asked by a thread, with %s',
    async (backend) => {
      const budgetMs = 700;
      const play = new Play(runtime, ['stuck', backend, budgetMs]);
      const { atMs } = await play.heard('asked');
      await endsByBudget(play, Number(atMs) + budgetMs);
    },
  );

  it(
    HEARS_WHILE_BLOCKED.includes(runtime)
      ? 'a process whose loop is blocked for ever ends by its budget after SIGTERM'
      : 'a signal to a blocked loop is not delivered before it turns again, and counts then',
    async () => {
      const budgetMs = 700;
      if (!HEARS_WHILE_BLOCKED.includes(runtime)) {
        const play = new Play(runtime, ['signalled', 'wasm', budgetMs, 2_500]);
        await play.heard('blocking');
        play.signal('SIGTERM');
        const { said, code, signal } = await play.ended;
        expect(said.map(({ event }) => event)).toEqual(['blocking', 'unblocked']);
        expect([code, signal]).toEqual([0, null]);
        return;
      }
      const play = new Play(runtime, ['signalled', 'wasm', budgetMs, 'Infinity']);
      await play.heard('blocking');
      const sentAtMs = Date.now();
      play.signal('SIGTERM');
      await endsByBudget(play, sentAtMs + budgetMs);
    },
  );

  it('a step that hangs while workers run ends at the budget, with 1 and its report', async () => {
    const budgetMs = 500;
    const play = new Play(runtime, ['hung-step', 'mixed', budgetMs]);
    await play.heard('ready');
    const sentAtMs = Date.now();
    play.signal('SIGTERM');
    const { said, code, signal, atMs } = await play.ended;
    const lateMs = atMs - sentAtMs - budgetMs;
    console.log(`${runtime}: ended ${lateMs} ms after its budget, ${signal ?? code}`);
    const [, { report } = {}] = said as { report?: Record<string, unknown> }[];
    expect(report).toMatchObject({ trigger: 'SIGTERM', drained: true, takenOver: false });
    expect(report?.steps).toMatchObject([{ name: 'flush_wal', status: 'timed_out' }]);
    expect(code).toBe(1);
    expect(lateMs).toBeGreaterThanOrEqual(-1);
    expect(lateMs).toBeLessThanOrEqual(BOUNDED_MS);
  });

  it.each(BACKENDS)(
    'a host that dies in the middle of a step is followed by a stand-by on another thread, with %s',
    async (backend) => {
      const { said, code } = await new Play(runtime, ['take-over', backend]).ended;
      expect(code).toBe(0);
      const [{ report, counts, inFlight } = {}] = said as {
        readonly report?: Record<string, unknown>;
        readonly counts?: readonly number[];
        readonly inFlight?: unknown;
      }[];
      expect(report).toMatchObject({ takenOver: true, drained: true, trigger: 'the main thread' });
      expect(report?.steps).toMatchObject([
        { name: 'flush_wal', status: 'ok' },
        { name: 'own', status: 'ok' },
      ]);
      // The step with a recorded end ran once; the one that the host died in ran again.
      expect(counts).toEqual([1, 1, 1]);
      expect(inFlight).toEqual({ writes: 0, queries: 0 });
    },
  );

  it.each([
    [FEWER_WORKERS, 'wasm', 1],
    [FEWER_WORKERS, 'atomics', 2],
    [WORKERS, 'both backends on one memory', 3],
  ])(
    '%i workers terminated at random moments, with %s',
    async (count, _, backends) => {
      const sampleAt = Math.ceil(count / 5 / 8) * 8;
      const play = new Play(runtime, ['chaos', 'wasm', count, SEED, backends, sampleAt]);
      const { said, code } = await play.ended;
      expect(code, `seed ${SEED}`).toBe(0);
      const { workers, byWorkers, takenOver, looks, ...samples } = said[0] as unknown as Survival;
      const early = middle(samples.early);
      const late = middle(samples.late);
      const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
      console.log(
        `${runtime}: ${workers} workers, ${byWorkers} shutdowns by a worker, ${takenOver} taken over, ` +
          `${looks} looks; heap ${mib(early.heap)} -> ${mib(late.heap)}, ` +
          `RSS ${mib(early.rss)} -> ${mib(late.rss)}`,
      );
      expect(workers).toBeGreaterThanOrEqual(count);
      expect(takenOver).toBeGreaterThan(0);
      // Too few, and a leak cannot be told from what a runtime grows by while it warms up.
      if (count < WORKERS) return;
      const bound = (bytes: number): number => bytes * 1.05 + 8 * 2 ** 20;
      expect(late.heap + late.rss).toBeLessThanOrEqual(bound(early.heap + early.rss));
      expect(late.heap).toBeLessThanOrEqual(bound(early.heap));
    },
    600_000,
  );
});

/** Killed by its probe thread, not before the deadline, and in time. */
async function endsByBudget(play: Play, deadlineMs: number): Promise<void> {
  const { code, signal, atMs } = await play.ended;
  const lateMs = atMs - deadlineMs;
  console.log(`ended ${lateMs} ms after its budget`);
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  // Two clocks in whole milliseconds.
  expect(lateMs).toBeGreaterThanOrEqual(-1);
  expect(lateMs).toBeLessThanOrEqual(BOUNDED_MS);
}

/** The middle one of several looks at the memory, each number for itself. */
function middle(samples: readonly Sample[]): Omit<Sample, 'workers'> {
  const of = (numbers: readonly number[]): number =>
    [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
  return { heap: of(samples.map(({ heap }) => heap)), rss: of(samples.map(({ rss }) => rss)) };
}

interface Probe {
  /** When it was sent, in milliseconds after the first; and how long its answer took. */
  readonly sentMs: number;
  readonly ms: number;
  /** The loop was still blocked when the answer came. */
  readonly isEarly: boolean;
  readonly body: string;
}

/** On a connection of its own, as kubelets do it; one that fails is infinitely late. */
function probe(url: string, beganMs: number, isBlocked: () => boolean): Promise<Probe> {
  const sentMs = performance.now() - beganMs;
  return new Promise((resolve) => {
    const sent = request(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        const ms = performance.now() - beganMs - sentMs;
        resolve({ sentMs, ms, isEarly: isBlocked(), body });
      });
    });
    sent.on('error', () => {
      resolve({ sentMs, ms: Number.POSITIVE_INFINITY, isEarly: false, body: '' });
    });
    sent.end();
  });
}

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}
