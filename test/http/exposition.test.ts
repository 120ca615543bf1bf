/**
 * The metrics to the letter: every family with its help and its type, in one known life. What the
 * format allows at all is read in `metrics.test.ts`.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { VERSION } from '../../src/version.ts';
import { HandClock, REPORT, turn } from '../conformance/suite.ts';
import { ask, BACKENDS, basic, jsonHeaders, room, TOKEN } from './wire.ts';

const runtime = 'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';

/** What a lifecycle says that was created a second ago, and to which nothing has happened. */
function newborn(backend: string): string {
  return `# HELP tidegate_phase Whether the process is in this phase, 0 or 1.
# TYPE tidegate_phase gauge
tidegate_phase{phase="starting"} 1
tidegate_phase{phase="ready"} 0
tidegate_phase{phase="draining"} 0
tidegate_phase{phase="shutting_down"} 0
tidegate_phase{phase="stopped"} 0
# HELP tidegate_health_status 0 down or starting, 1 draining, 2 ready.
# TYPE tidegate_health_status gauge
tidegate_health_status 0
# HELP tidegate_uptime_seconds Seconds since the lifecycle was created.
# TYPE tidegate_uptime_seconds gauge
tidegate_uptime_seconds 1.25
# HELP tidegate_start_timestamp_seconds When the lifecycle was created, in seconds since the Unix epoch.
# TYPE tidegate_start_timestamp_seconds gauge
tidegate_start_timestamp_seconds 1
# HELP tidegate_in_flight Permits held.
# TYPE tidegate_in_flight gauge
tidegate_in_flight{kind="write"} 0
tidegate_in_flight{kind="query"} 0
# HELP tidegate_members Attached threads.
# TYPE tidegate_members gauge
tidegate_members 1
# HELP tidegate_write_hold Whether this hold refuses writes, 0 or 1.
# TYPE tidegate_write_hold gauge
tidegate_write_hold{hold="read_only"} 0
tidegate_write_hold{hold="replica"} 0
tidegate_write_hold{hold="lease_lost"} 0
tidegate_write_hold{hold="paused"} 0
tidegate_write_hold{hold="unhealthy"} 0
# HELP tidegate_build_info What runs, as labels; always 1.
# TYPE tidegate_build_info gauge
tidegate_build_info{version="${VERSION}",backend="${backend}",runtime="${runtime}"} 1
# HELP tidegate_permits_total Permits that the gate gave.
# TYPE tidegate_permits_total counter
tidegate_permits_total{kind="write"} 0
tidegate_permits_total{kind="query"} 0
# HELP tidegate_refusals_total Permits that the gate refused, by the phase or the hold that did.
# TYPE tidegate_refusals_total counter
tidegate_refusals_total{kind="write",reason="starting"} 0
tidegate_refusals_total{kind="write",reason="draining"} 0
tidegate_refusals_total{kind="write",reason="shutting_down"} 0
tidegate_refusals_total{kind="write",reason="stopped"} 0
tidegate_refusals_total{kind="write",reason="read_only"} 0
tidegate_refusals_total{kind="write",reason="replica"} 0
tidegate_refusals_total{kind="write",reason="lease_lost"} 0
tidegate_refusals_total{kind="write",reason="paused"} 0
tidegate_refusals_total{kind="write",reason="unhealthy"} 0
tidegate_refusals_total{kind="query",reason="starting"} 0
tidegate_refusals_total{kind="query",reason="shutting_down"} 0
tidegate_refusals_total{kind="query",reason="stopped"} 0
# HELP tidegate_probes_total Answers of the health probes, by their status code.
# TYPE tidegate_probes_total counter
${['live', 'ready', 'ready/write', 'startup']
  .flatMap((probe) =>
    [200, 204, 405, 503].map(
      (code) => `tidegate_probes_total{probe="${probe}",code="${code}"} 0\n`,
    ),
  )
  .join('')}`;
}

describe.each(BACKENDS)('on %s', (backend) => {
  const scrape = async (handler: Parameters<typeof ask>[0]): Promise<string> =>
    (await ask(handler, 'GET', '/metrics')).text;

  it('a newborn lifecycle tells what is, and nothing of what has not happened', async () => {
    const { clock, handler } = room(backend, 0);
    clock.now += 1_250;
    expect(await scrape(handler)).toBe(newborn(backend));
  });

  it('a whole life is exposed in the order of the contract, each family once', async () => {
    const { lifecycle, clock, handler } = room(backend, 0);
    lifecycle.setRestoreStartedAtMs(500);
    lifecycle.setRestoreReadyAtMs(1_750);
    lifecycle.setWalReplayStartedAtMs(500);
    lifecycle.stage('schema_check').setStartedAtMs(10);
    lifecycle.stage('schema_check').setReadyAtMs(10);
    clock.now = 4_000;
    lifecycle.markReady();
    lifecycle.gate.tryEnter('write');
    lifecycle.gate.tryEnter('query');
    lifecycle.gate.tryEnter('query');
    lifecycle.gate.hold('lease_lost');
    lifecycle.gate.tryEnter('write');
    lifecycle.finishShutdown({
      ...REPORT,
      durationMs: 3_210,
      steps: [
        { name: 'flush_wal', status: 'ok', durationMs: 1_500 },
        { name: 'a "b"\\c\nd', status: 'failed', durationMs: 0, error: 'never in a label' },
        { name: 'twice', status: 'ok', durationMs: 250 },
        { name: 'twice', status: 'ok', durationMs: 500 },
        { name: 'twice', status: 'skipped', durationMs: 1 },
      ],
    });
    lifecycle.gate.tryEnter('query');
    await ask(handler, 'GET', '/health/startup');
    const told = newborn(backend)
      .replace('{phase="starting"} 1', '{phase="starting"} 0')
      .replace('{phase="stopped"} 0', '{phase="stopped"} 1')
      .replace('uptime_seconds 1.25\n', 'uptime_seconds 3\n')
      .replace('start_timestamp_seconds 1\n', 'start_timestamp_seconds 1\n# COLD START')
      .replaceAll('{kind="write"} 0', '{kind="write"} 1')
      .replaceAll('{kind="query"} 0', '{kind="query"} 2')
      .replace('{kind="write",reason="lease_lost"} 0', '{kind="write",reason="lease_lost"} 1')
      .replace('{kind="query",reason="stopped"} 0', '{kind="query",reason="stopped"} 1')
      .replace('{probe="startup",code="503"} 0', '{probe="startup",code="503"} 1')
      .replace('{hold="lease_lost"} 0', '{hold="lease_lost"} 1')
      .replace('# HELP tidegate_build', '# SHUTDOWN# HELP tidegate_build')
      .replace(
        '# COLD START',
        `# HELP tidegate_ready_timestamp_seconds When the process became Ready, in seconds since the Unix epoch.
# TYPE tidegate_ready_timestamp_seconds gauge
tidegate_ready_timestamp_seconds 4
# HELP tidegate_cold_start_duration_seconds Seconds from the creation to Ready.
# TYPE tidegate_cold_start_duration_seconds gauge
tidegate_cold_start_duration_seconds 3
# HELP tidegate_cold_start_phase_seconds Seconds that a stage of the boot took.
# TYPE tidegate_cold_start_phase_seconds gauge
tidegate_cold_start_phase_seconds{phase="restore"} 1.25
tidegate_cold_start_phase_seconds{phase="schema_check"} 0
`,
      )
      .replace(
        '# SHUTDOWN',
        String.raw`# HELP tidegate_shutdown_duration_seconds Seconds from the acceptance of the shutdown to Stopped.
# TYPE tidegate_shutdown_duration_seconds gauge
tidegate_shutdown_duration_seconds 3.21
# HELP tidegate_shutdown_step_seconds Seconds that a step of the shutdown took.
# TYPE tidegate_shutdown_step_seconds gauge
tidegate_shutdown_step_seconds{step="flush_wal",status="ok"} 1.5
tidegate_shutdown_step_seconds{step="a \"b\"\\c\nd",status="failed"} 0
tidegate_shutdown_step_seconds{step="twice",status="ok"} 0.75
tidegate_shutdown_step_seconds{step="twice",status="skipped"} 0.001
`,
      );
    expect(await scrape(handler)).toBe(told);
  });

  it('a clock that has no time yet makes no uptime', async () => {
    const clock = new HandClock(0);
    const handler = createHandler(Lifecycle.create({ backend, clock: clock.read }));
    expect(await scrape(handler)).not.toContain('tidegate_uptime_seconds');
    clock.now = 5_000;
    expect(await scrape(handler)).toContain('tidegate_uptime_seconds 0\n');
    clock.now = 5_500;
    expect(await scrape(handler)).toContain('tidegate_uptime_seconds 0.5\n');
    clock.now = 1;
    expect(await scrape(handler)).toContain('tidegate_uptime_seconds 0\n');
  });

  it('a thread with a heartbeat is exposed, with the seconds for which its loop has been blocked', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const { number } = lifecycle.member;
    const name = `tidegate_event_loop_blocked_seconds{member="${number}"}`;
    expect(await scrape(handler)).not.toContain('tidegate_event_loop_blocked_seconds');
    lifecycle.beat();
    const beaten = await scrape(handler);
    expect(beaten).toContain('# TYPE tidegate_event_loop_blocked_seconds gauge\n');
    expect(beaten).toContain(`\n${name} `);
    // No beat for this long is a blocked loop, however late the timer is.
    await turn(400);
    const [, seconds = ''] = (await scrape(handler)).split(`\n${name} `);
    expect(Number.parseFloat(seconds)).toBeGreaterThan(0.25);
  });

  it('steps are exposed as they end, before there is a report', async () => {
    const { lifecycle, handler } = room(backend, 1);
    const during: string[] = [];
    lifecycle.pipeline({
      steps: [
        { name: 'flush_wal', run: () => {} },
        { name: 'own', run: async () => during.push(await scrape(handler)) },
      ],
    });
    await lifecycle.shutdown();
    expect(during[0]).toContain('tidegate_shutdown_step_seconds{step="flush_wal",status="ok"}');
    expect(during[0]).not.toContain('step="own"');
    expect(during[0]).not.toContain('tidegate_shutdown_duration_seconds');
    expect(await scrape(handler)).toContain('{step="own",status="ok"}');
  });
});

describe('OpenMetrics', () => {
  const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

  it.each([0, 1, 2, 3, 4] as const)('in phase %i has the same samples', async (phase) => {
    const { handler, lifecycle } = room('wasm', phase);
    lifecycle.setRestoreStartedAtMs(1);
    lifecycle.setRestoreReadyAtMs(2);
    const classic = await ask(handler, 'GET', '/metrics');
    const open = await ask(handler, 'GET', '/metrics', { headers: { accept } });
    expect(open.headers).toEqual({ ...classic.headers, 'content-type': type });
    const added = open.text.split('\n').filter((line) => /^# (UNIT|EOF)/.test(line));
    // A counter's family has no suffix there, and its samples say since when they count.
    const told = open.text
      .replaceAll(/^# (UNIT .*|EOF)\n/gm, '')
      .replaceAll(/^\S+_created\S* .*\n/gm, '')
      .replaceAll(/^# HELP (tidegate_(permits|refusals|probes)) /gm, '# HELP $1_total ')
      .replaceAll(/^# TYPE (\S+) counter$/gm, '# TYPE $1_total counter');
    expect(told).toBe(classic.text);
    const counters = [...open.text.matchAll(/^(tidegate_\w+)_total(\{.*\}) .*\n(.*)$/gm)];
    expect(counters).toHaveLength(2 + 12 + 16);
    for (const [, name, labels, next] of counters) {
      expect(next).toBe(`${name}_created${labels} ${lifecycle.startedAtMs() / 1000}`);
    }
    expect(added.at(-1)).toBe('# EOF');
    expect(open.text.endsWith('\n# EOF\n')).toBe(true);
    const families = [...open.text.matchAll(/^# TYPE (\S+_seconds) gauge$/gm)];
    expect(families.length).toBeGreaterThan(1);
    expect(added.slice(0, -1)).toEqual(families.map(([, name]) => `# UNIT ${name} seconds`));
    const head = await ask(handler, 'HEAD', '/metrics', { headers: { accept } });
    expect([head.text, head.headers]).toEqual(['', open.headers]);
  });

  it('describes a family before its first sample, and nothing between its samples', async () => {
    const { handler } = room('wasm', 4);
    const { text } = await ask(handler, 'GET', '/metrics', { headers: { accept } });
    const kinds = text
      .trimEnd()
      .split('\n')
      .map((line) => /^# ([A-Z]+)/.exec(line)?.[1] ?? 'sample');
    expect(kinds.join(' ')).toMatch(/^(HELP TYPE (UNIT )?(sample )+)+EOF$/);
  });

  it('is for a scraper with the token, too', async () => {
    const { handler } = room('wasm', 1, { metricsToken: 'scraper' });
    const headers = { accept, authorization: 'Bearer scraper' };
    expect((await ask(handler, 'GET', '/metrics', { headers })).headers['content-type']).toBe(type);
    expect((await ask(handler, 'GET', '/metrics', { headers: { accept } })).status).toBe(401);
  });
});

describe('the token of the metrics', () => {
  const options = { adminToken: TOKEN, metricsToken: 'scraper' };
  const refused = jsonHeaders({ 'www-authenticate': 'Bearer realm="tidegate"' });

  it.each([
    ['none', {}],
    ['that of the operator', { authorization: `Bearer ${TOKEN}` }],
    ['a wrong one', { authorization: 'Bearer scrapers' }],
    ['the right one as a password', basic('scraper')],
    ['the right one without a scheme', { authorization: 'scraper' }],
  ])('%s is 401', async (_, headers) => {
    const { handler } = room('wasm', 1, options);
    for (const method of ['GET', 'HEAD']) {
      const seen = await ask(handler, method, '/metrics', { headers });
      expect([seen.status, seen.headers]).toEqual([401, refused]);
    }
  });

  it('opens the metrics, and nothing else', async () => {
    const { handler } = room('wasm', 1, options);
    const headers = { authorization: 'Bearer scraper' };
    expect((await ask(handler, 'GET', '/metrics', { headers })).status).toBe(200);
    expect((await ask(handler, 'GET', '/admin/status', { headers })).status).toBe(401);
    expect((await ask(handler, 'POST', '/admin/drain', { headers })).status).toBe(401);
  });
});
