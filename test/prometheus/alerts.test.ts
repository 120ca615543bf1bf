/**
 * The alerts of the examples: each fires in its fault and in no other, through the whole life of a real
 * service, with a real Prometheus and a real Alertmanager. What is shorter here than in the file is in
 * `SHORTER`; the real durations are tested by `alerts.test.yaml`, which promtool runs.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { bundle, Program } from '../runtime/program.ts';
import { Alertmanager, NO_ALERTMANAGER } from './alertmanager.ts';
import { MISSING, Prometheus } from './prometheus.ts';

const FOLDER = join(import.meta.dirname, '../../examples/deploy/prometheus');
const SERVICE = join(import.meta.dirname, 'faulty.ts');

/** Durations and bounds of the rules, and what they are here: scrapes are 50 times as frequent. */
const SHORTER: readonly (readonly [string, string])[] = [
  ['for: 15m', 'for: 1s'],
  ['for: 5m', 'for: 1s'],
  ['for: 1m', 'for: 1s'],
  ['for: 30s', 'for: 1s'],
  ['[5m]', '[6s]'],
  ['[2m]', '[6s]'],
  ['[1m]', '[6s]'],
  ['tidegate_uptime_seconds > 300', 'tidegate_uptime_seconds > 1'],
  // A machine that is busy may stop a loop for a second.
  ['blocked_seconds > 5', 'blocked_seconds > 3'],
  ['duration_seconds > 20', 'duration_seconds > 1'],
];

/** Told or not, by which of the two came first: what a blocked loop brings with it. */
const INHIBITED = 'TidegateProbesFail';

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: 'warning' | 'critical' };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const RULES = (parse(read('alerts.yaml')) as Rules).groups.flatMap(({ rules }) => rules);
/** As `alertmanager.yaml` says. */
const receiverOf = (alert: string): string =>
  RULES.find((rule) => rule.alert === alert)?.labels.severity === 'critical' ? 'on-call' : 'team';
const missing = MISSING ?? NO_ALERTMANAGER;
const skipped = missing === undefined ? '' : ` (SKIPPED: ${missing})`;

describe.skipIf(missing !== undefined)(`the alerts${skipped}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-alerts-'));
  const release = join(folder, 'release');
  const record = join(folder, 'record');
  let service: Program;
  let port: number;
  let probes: string;
  let alertmanager: Alertmanager;
  let prometheus: Prometheus;
  /** Those that have fired so far, in order. */
  const expected: string[] = [];

  beforeAll(async () => {
    bundle(SERVICE);
    service = await Program.start('node', {}, SERVICE, { RELEASE: release, RECORD: record });
    port = Number((await service.heard('listening')).probes);
    probes = `http://127.0.0.1:${port}`;
    alertmanager = await Alertmanager.start((url) => {
      const config = parse(read('alertmanager.yaml'));
      for (const { webhook_configs } of config.receivers) webhook_configs[0].url = url;
      Object.assign(config.route, { group_wait: '0s', group_interval: '1s' });
      return stringify(config);
    });
    const rules = SHORTER.reduce((text, [long, short]) => {
      expect(text, `${long} is in no rule`).toContain(long);
      return text.replaceAll(long, short);
    }, read('alerts.yaml'));
    prometheus = await Prometheus.start([{ port, path: '/metrics', labels: {} }], {
      rules,
      alertmanagerPort: alertmanager.port,
    });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await service?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const tell = async (path: string): Promise<void> => {
    const url = `http://127.0.0.1:${service.port}${path}`;
    expect((await fetch(url, { method: 'POST' })).status, path).toBe(204);
  };

  /** They fire, with whatever keeps them firing; who should be told is; and nothing else has fired. */
  const fire = async (alerts: readonly string[], keep?: () => Promise<unknown>): Promise<void> => {
    let isOver = false;
    const kept = (async () => {
      while (!isOver && keep !== undefined) {
        await keep();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    try {
      for (const alert of alerts) {
        const labels = `alertname="${alert}",alertstate="firing"`;
        await prometheus.until(`count(max_over_time(ALERTS{${labels}}[10m]))`, 1);
        if (alert !== INHIBITED) await alertmanager.told(receiverOf(alert), alert);
      }
    } finally {
      isOver = true;
      await kept;
    }
    expected.push(...alerts);
    const ever = await prometheus.query(
      'count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[10m]))',
    );
    expect(ever.map(({ labels }) => labels.alertname).sort()).toEqual([...expected].sort());
  };

  const quiet = (): Promise<unknown> => prometheus.until('ALERTS{alertstate="firing"}', 0);

  it('a boot that takes too long: NotReady, until it is', async () => {
    await fire(['TidegateNotReady']);
    await tell('/ready');
    await quiet();
  });

  it('a hold that is kept, and a burst of refusals: WriteHoldKept, Refusals', async () => {
    await tell('/hold');
    await fire(['TidegateWriteHoldKept', 'TidegateRefusals'], () => tell('/write'));
    await tell('/release');
    await quiet();
  });

  it('a check that fails: CheckFails', async () => {
    await tell('/break');
    await fire(['TidegateCheckFails']);
    await tell('/mend');
    await quiet();
  });

  it('a blocked loop, told by the probe thread: EventLoopBlocked, ProbesFail', async () => {
    await tell('/block');
    await fire(['TidegateEventLoopBlocked', 'TidegateProbesFail'], async () => {
      await (await fetch(`${probes}/health/live`)).body?.cancel();
    });
    writeFileSync(release, '');
    await quiet();
  });

  it('writes that are admitted make none, however many', async () => {
    const before = Number(
      (await prometheus.query('tidegate_permits_total{kind="write"}'))[0]?.value,
    );
    for (let count = 0; count < 20; count++) await tell('/write');
    await prometheus.until(`tidegate_permits_total{kind="write"} == ${before + 400}`, 1);
    await quiet();
    await fire([]);
  });

  it('a drain that does not end, under traffic: DrainStuck, TrafficWhileLeaving', async () => {
    await tell('/drain');
    await fire(['TidegateDrainStuck', 'TidegateTrafficWhileLeaving'], () => tell('/write'));
    await tell('/end-write');
    await quiet();
  });

  it('a step that does not end: ShutdownStuck', async () => {
    service.signal('SIGTERM');
    await fire(['TidegateShutdownStuck']);
  });

  it('a step that failed, one that timed out, and all of it slow: StepFailed, Slow', async () => {
    await tell('/go-on');
    await fire(['TidegateShutdownStepFailed', 'TidegateShutdownSlow']);
    const failed = await prometheus.until('ALERTS{alertname="TidegateShutdownStepFailed"}', 2);
    expect(failed.map(({ labels }) => `${labels.step} ${labels.status}`).sort()).toEqual([
      'backup timed_out',
      'close_pool failed',
    ]);
  });

  it('the end of the process ends them, and no counter ever went back', async () => {
    service.signal('SIGUSR2');
    await service.exit;
    await prometheus.until('up == 0', 1);
    await quiet();
    const counters = '{__name__=~"tidegate_.*_total"}';
    expect(await prometheus.query(`resets(${counters}[10m]) > 0`)).toEqual([]);
    expect((await prometheus.query(`max_over_time(${counters}[10m]) > 0`)).length).toBeGreaterThan(
      4,
    );
  });

  it('a process in its place, which finds how that one ended: LastRunEndedBadly', async () => {
    const next = { RELEASE: release, RECORD: record, PROBES: String(port) };
    service = await Program.start('node', {}, SERVICE, next);
    await service.heard('listening');
    await tell('/ready');
    await fire(['TidegateLastRunEndedBadly']);
    const [alert] = await prometheus.until('ALERTS{alertname="TidegateLastRunEndedBadly"}', 1);
    expect(alert?.labels.outcome).toBe('failed');
    expect([...expected].sort()).toEqual(RULES.map(({ alert: name }) => name).sort());
  });

  it('Alertmanager told nobody of what is not theirs: on-call the critical ones, the team the rest', () => {
    const due = expected.map((alert) => `${receiverOf(alert)} ${alert}`);
    const isSure = (each: string): boolean => !each.endsWith(INHIBITED);
    expect(alertmanager.all.filter(isSure)).toEqual(due.filter(isSure).sort());
  });
});

describe.skipIf(missing !== undefined)(`promtool and amtool${skipped}`, () => {
  it.each([
    ['promtool', 'check', 'config', 'prometheus.yaml'],
    ['promtool', 'check', 'rules', 'alerts.yaml'],
    ['promtool', 'test', 'rules', 'alerts.test.yaml'],
    ['amtool', 'check-config', 'alertmanager.yaml'],
  ])('%s %s %s %s finds nothing wrong', (program, ...args) => {
    const { status, stdout, stderr } = spawnSync(program, args.filter(Boolean), {
      cwd: FOLDER,
      encoding: 'utf8',
    });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});
