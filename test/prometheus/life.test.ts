/**
 * A whole life as Prometheus saw it: a real one scrapes a service on each runtime, by its server, by
 * its probe thread, and without content negotiation, while the test leads it from phase to phase.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PreviousRun } from '../../src/lifecycle/previous-run.ts';
import { bundle, Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import { MISSING, Prometheus, type Sample, type Target } from './prometheus.ts';

const SERVICE = join(import.meta.dirname, 'service.ts');
const PHASES = ['starting', 'ready', 'draining', 'shutting_down', 'stopped'];
/** The ways in which each service is scraped. */
const WAYS = ['server', 'classic', 'probes'];
/** All services in all ways. From Stopped on only the probe threads are sure to be scraped. */
const EVERY = RUNTIMES.length * WAYS.length;

const skipped = MISSING === undefined ? '' : ` (SKIPPED: ${MISSING})`;

describe.skipIf(MISSING !== undefined)(`Prometheus${skipped}`, () => {
  const services = new Map<Runtime, Program>();
  let prometheus: Prometheus;

  beforeAll(async () => {
    bundle(SERVICE);
    const targets: Target[] = [];
    for (const runtime of RUNTIMES) {
      const service = await Program.start(runtime, {}, SERVICE);
      services.set(runtime, service);
      const probes = Number((await service.heard('listening')).probes);
      targets.push(
        { port: service.port, path: '/metrics', labels: { runtime, way: 'server' } },
        { port: service.port, path: '/classic/metrics', labels: { runtime, way: 'classic' } },
        { port: probes, path: '/metrics', labels: { runtime, way: 'probes' } },
      );
    }
    prometheus = await Prometheus.start(targets);
  });

  afterAll(async () => {
    await prometheus?.stop();
    for (const service of services.values()) await service.kill();
  });

  const tell = async (path: string): Promise<void> => {
    const tellOne = async ({ port }: Program): Promise<void> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' });
      expect(response.ok, path).toBe(true);
      await response.body?.cancel();
    };
    await Promise.all([...services.values()].map(tellOne));
  };

  /** The value that all of `count` targets agree on, as soon as they do; none if all are silent. */
  const agreed = async (query: string, value: number, count = EVERY): Promise<void> => {
    await prometheus.until(`${query} == ${value}`, count);
  };

  const absent = async (...metrics: string[]): Promise<void> => {
    for (const metric of metrics)
      expect([metric, await prometheus.query(metric)]).toEqual([metric, []]);
  };

  it('Starting: what is, and nothing of what has not happened', async () => {
    await agreed('tidegate_phase{phase="starting"}', 1);
    await agreed('tidegate_health_status', 0);
    await agreed('tidegate_cold_start_phase_seconds{phase="restore"}', 1.25);
    await agreed('tidegate_in_flight{kind="write"}', 0);
    await agreed('tidegate_write_hold{hold="lease_lost"}', 0);
    // The main thread, and the probe thread.
    await agreed('tidegate_members', 2);
    await agreed('count by (runtime, way) (tidegate_build_info{backend="wasm"})', 1);
    await absent(
      'tidegate_cold_start_phase_seconds{phase="cache_fill"}',
      'tidegate_cold_start_duration_seconds',
      'tidegate_shutdown_duration_seconds',
      'tidegate_shutdown_step_seconds',
    );
  });

  it('each runtime says which it is', async () => {
    const info = await prometheus.query('tidegate_build_info');
    // Prometheus renames a label of the target's own that a configured one has the name of.
    const runtimes = info.map(({ labels }) => [labels.exported_runtime, labels.runtime]);
    expect(runtimes).toHaveLength(EVERY);
    for (const [said, configured] of runtimes) expect(said).toBe(configured);
  });

  it('scrapes OpenMetrics, with units, and the classic format, which has none', async () => {
    for (const [way, unit] of [
      ['server', 'seconds'],
      ['probes', 'seconds'],
      ['classic', ''],
    ] as const) {
      const said = await prometheus.metadata('tidegate_uptime_seconds', `{way="${way}"}`);
      expect(said.map((each) => [each.type, each.unit])).toEqual(
        RUNTIMES.map(() => ['gauge', unit]),
      );
      const count = await prometheus.metadata('tidegate_members', `{way="${way}"}`);
      expect(count.map((each) => each.unit)).toEqual(RUNTIMES.map(() => ''));
    }
  });

  it('Ready: the cold start, permits and holds', async () => {
    await tell('/ready');
    await agreed('tidegate_phase{phase="ready"}', 1);
    await agreed('tidegate_phase{phase="starting"}', 0);
    await agreed('tidegate_health_status', 2);
    await agreed('tidegate_in_flight{kind="write"}', 1);
    await agreed('tidegate_in_flight{kind="query"}', 2);
    await agreed('tidegate_write_hold{hold="lease_lost"}', 1);
    await agreed('tidegate_write_hold{hold="paused"}', 0);
    // The whole boot, one stage of which began with it and ended before it.
    const total = 'tidegate_cold_start_duration_seconds';
    const stage = 'tidegate_cold_start_phase_seconds{phase="cache_fill"}';
    await prometheus.until(`${total} >= on (runtime, way) ${stage} > 0`, EVERY);
    await absent('tidegate_shutdown_duration_seconds', 'tidegate_shutdown_step_seconds');
  });

  it('a blocked loop is told by the probe thread, whose scrapes go on', async () => {
    await tell('/block');
    const blocked =
      'max_over_time(tidegate_event_loop_blocked_seconds{way="probes",member="0"}[1m])';
    await prometheus.until(`${blocked} > 0.5`, RUNTIMES.length);
    await agreed('tidegate_event_loop_blocked_seconds{member="0"}', 0);
  });

  it('Draining: health 1, and the write that is waited for', async () => {
    await tell('/admin/drain');
    await agreed('tidegate_phase{phase="draining"}', 1);
    await agreed('tidegate_health_status', 1);
    await agreed('tidegate_in_flight{kind="write"}', 1);
  });

  it('ShuttingDown: no step has ended, so there is none', async () => {
    for (const service of services.values()) service.signal('SIGTERM');
    await tell('/release');
    await agreed('tidegate_phase{phase="shutting_down"}', 1);
    await agreed('tidegate_health_status', 0);
    await agreed('tidegate_in_flight', 0, EVERY * 2);
    await absent('tidegate_shutdown_duration_seconds', 'tidegate_shutdown_step_seconds');
  });

  it('Stopped: every step with its status, from the probe thread alone', async () => {
    await tell('/flush');
    await agreed('tidegate_phase{phase="stopped",way="probes"}', 1, RUNTIMES.length);
    const ended = 'tidegate_shutdown_step_seconds{way="probes"}';
    const steps = await prometheus.until(ended, RUNTIMES.length * 3);
    for (const runtime of RUNTIMES) {
      const own = steps.filter(({ labels }) => labels.runtime === runtime);
      expect(own.map(({ labels: { step, status } }) => [step, status]).sort()).toEqual([
        ['final_checkpoint', 'ok'],
        ['flush_wal', 'ok'],
        ['say "bye"\n', 'failed'],
      ]);
    }
    // The flush was held until it had been seen.
    const flush = 'tidegate_shutdown_step_seconds{step="flush_wal",way="probes"}';
    const whole = 'tidegate_shutdown_duration_seconds{way="probes"}';
    await prometheus.until(`${whole} >= on (runtime) ${flush} > 0`, RUNTIMES.length);
    await prometheus.until('up{way!="probes"} == 0', RUNTIMES.length * 2);
  });

  it('the process ends with the exit code of the failed step, and is down', async () => {
    for (const service of services.values()) {
      service.signal('SIGUSR2');
      expect(await service.exit).toMatchObject({ code: 1, signal: null });
    }
    await prometheus.until('up == 0', EVERY);
    await absent('tidegate_phase', 'tidegate_shutdown_duration_seconds');
  });

  describe('over the whole life', () => {
    it.each(PHASES)('%s was seen', async (phase) => {
      const seen = await prometheus.query(
        `max_over_time(tidegate_phase{phase="${phase}",way="probes"}[10m]) == 1`,
      );
      expect(seen).toHaveLength(RUNTIMES.length);
    });

    it('there was one phase at a time, and only forward', async () => {
      // The samples of one scrape have one timestamp, so a sum is over one exposition.
      const sums = 'sum by (runtime, way) (tidegate_phase)[10m:100ms]';
      expect(values(await prometheus.query(`min_over_time(${sums})`))).toEqual([1]);
      expect(values(await prometheus.query(`max_over_time(${sums})`))).toEqual([1]);
      const numbered = PHASES.map(
        (phase, index) => `${index} * max by (runtime, way) (tidegate_phase{phase="${phase}"})`,
      );
      expect(
        values(await prometheus.query(`resets((${numbered.join(' + ')})[10m:100ms])`)),
      ).toEqual([0]);
    });

    it('nothing that had not happened was ever 0', async () => {
      for (const metric of [
        'tidegate_cold_start_duration_seconds',
        'tidegate_shutdown_duration_seconds',
        'tidegate_shutdown_step_seconds{step="flush_wal"}',
      ]) {
        const zeros = await prometheus.query(`min_over_time(${metric}[10m]) == 0`);
        expect([metric, zeros]).toEqual([metric, []]);
        expect(await prometheus.query(`max_over_time(${metric}[10m]) > 0`)).not.toEqual([]);
      }
    });

    it('the uptime was longer than the loop was blocked', async () => {
      const longest = 'max_over_time(tidegate_uptime_seconds{way="probes"}[10m])';
      expect(await prometheus.query(`${longest} > 2.5`)).toHaveLength(RUNTIMES.length);
    });
  });
});

describe.skipIf(MISSING !== undefined)(`promtool${skipped}`, () => {
  it.each(['*/*', 'application/openmetrics-text'])(
    'finds nothing in a whole life, as %s',
    async (accept) => {
      const { createHandler } = await import('../../src/http/index.ts');
      const { Lifecycle } = await import('../../src/index.ts');
      const { keepPreviousRun } = await import('../../src/lifecycle/previous-run.ts');
      // It reads the classic format only, where the samples of OpenMetrics' counters are families.
      const isOpenCounter =
        accept === '*/*'
          ? /^$/
          : /^tidegate_(permits|probes|refusals)_(created|total) no help text$/;
      const lifecycle = Lifecycle.create();
      const handler = createHandler(lifecycle);
      lifecycle.pipeline({
        steps: [
          { name: 'flush_wal', run: () => {} },
          { name: 'a "b"\\c\nd', run: check },
        ],
      });
      keepPreviousRun(lifecycle, LAST_RUN);
      lifecycle.check({
        name: 'a "b"\\c\nd # HELP e',
        everyMs: 2 ** 31 - 1,
        failures: 1,
        run: () => Promise.reject(new Error('\n# TYPE tidegate_phase counter\n')),
      });
      async function check(): Promise<void> {
        const request = new Request('http://localhost/metrics', { headers: { accept } });
        const input = await (await handler(request))?.text();
        const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
          input,
          encoding: 'utf8',
        });
        const found = stderr.split('\n').filter((line) => line !== '' && !isOpenCounter.test(line));
        expect([stdout, found]).toEqual(['', []]);
      }
      await check();
      await lifecycle.stage('restore').run(() => {});
      lifecycle.beat();
      lifecycle.markReady();
      expect(lifecycle.checks().map(({ healthy }) => healthy)).toEqual([false]);
      await check();
      const report = await lifecycle.shutdown();
      expect(report.steps.map(({ status }) => status)).toEqual(['ok', 'ok']);
      await check();
    },
  );

  it('does find what is wrong', () => {
    const input = '# TYPE seconds_total gauge\nseconds_total{a="1"} 1\n';
    expect(spawnSync('promtool', ['check', 'metrics'], { input }).status).not.toBe(0);
  });
});

/** How another process ended. */
const LAST_RUN: PreviousRun = {
  outcome: 'out_of_budget',
  pid: 1,
  startedAtMs: 1,
  readyAtMs: 2,
  acceptedAtMs: 3,
  endedAtMs: 4,
  lastSeenAtMs: 4,
  trigger: 'SIGTERM',
  phase: 'shutting_down',
  step: 'flush_wal',
  stepStatus: 'running',
  exitCode: null,
  error: null,
};

/** The values that occur. */
function values(samples: readonly Sample[]): number[] {
  return [...new Set(samples.map(({ value }) => value))];
}
