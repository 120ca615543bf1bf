/**
 * The metrics: the text format, read strictly, and what is in it when.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @module
 */

import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { BACKENDS, PHASES, Subject } from './ask.ts';

/** Reads the format, and fails on whatever the specification does not allow. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let family = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (gauge|counter)$/.exec(line);
    const sample = /^([a-z_]+)(\{.*\})? (\S+)$/.exec(line);
    if (help !== null) {
      family = help[1] ?? '';
      expect(families.has(family), `${family} twice`).toBe(false);
      families.add(family);
    } else if (type !== null) {
      expect(type[1]).toBe(family);
      expect(type[2]).toBe(family.endsWith('_total') ? 'counter' : 'gauge');
    } else {
      expect(sample?.[1], line).toBe(family);
      const labels = sample?.[2] ?? '';
      expect(labels).toMatch(/^(\{([a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?$/);
      const value = Number(sample?.[3]);
      expect(Number.isFinite(value), line).toBe(true);
      const key = `${family}${labels}`;
      expect(samples.has(key), `${key} twice`).toBe(false);
      samples.set(key, value);
    }
  }
  return samples;
}

async function scrape(subject: Subject): Promise<Map<string, number>> {
  const { status, headers, text } = await subject.ask('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parse(text);
}

describe.each(BACKENDS)('on %s', (backend) => {
  it.each(PHASES.map((name, phase) => [name, phase] as const))('in %s', async (name, phase) => {
    const samples = await scrape(new Subject({}, backend).in(phase));
    for (const each of PHASES) {
      expect(samples.get(`tidegate_phase{phase="${each}"}`)).toBe(each === name ? 1 : 0);
    }
    const health = { ready: 2, draining: 1 }[name as string] ?? 0;
    expect(samples.get('tidegate_health_status')).toBe(health);
    expect(samples.get('tidegate_members')).toBe(1);
    expect(samples.get('tidegate_uptime_seconds')).toBeGreaterThanOrEqual(0);
    expect(samples.has('tidegate_cold_start_duration_seconds')).toBe(phase >= 1);
    expect(samples.get('tidegate_shutdown_duration_seconds')).toBe(phase === 4 ? 0.012 : undefined);
    const runtime = 'Deno' in globalThis ? 'deno' : 'Bun' in globalThis ? 'bun' : 'node';
    const info = `tidegate_build_info{version="${VERSION}",backend="${backend}",runtime="${runtime}"}`;
    expect(samples.get(info)).toBe(1);
  });

  it('what has not happened is absent', async () => {
    const names = [...(await scrape(new Subject({}, backend))).keys()].join(' ');
    expect(names).not.toMatch(/cold_start|_ready_|_shutdown_|_drain_|blocked/);
  });

  it('stages, permits, holds and steps are there, with their labels escaped', async () => {
    const subject = new Subject({}, backend);
    const { lifecycle } = subject;
    lifecycle.setWalReplayStartedAtMs(1_000);
    lifecycle.setWalReplayReadyAtMs(3_500);
    lifecycle.stage('own').setStartedAtMs(10);
    lifecycle.stage('own').setReadyAtMs(20);
    subject.in(1);
    lifecycle.gate.tryEnter('write');
    lifecycle.gate.tryEnter('query');
    lifecycle.gate.tryEnter('query');
    lifecycle.gate.hold('paused');
    const samples = await scrape(subject);
    expect(samples.get('tidegate_cold_start_phase_seconds{phase="wal_replay"}')).toBe(2.5);
    expect(samples.get('tidegate_cold_start_phase_seconds{phase="own"}')).toBe(0.01);
    expect(samples.has('tidegate_cold_start_phase_seconds{phase="total"}')).toBe(false);
    expect(samples.get('tidegate_in_flight{kind="write"}')).toBe(1);
    expect(samples.get('tidegate_in_flight{kind="query"}')).toBe(2);
    expect(samples.get('tidegate_write_hold{hold="paused"}')).toBe(1);
    expect(samples.get('tidegate_write_hold{hold="replica"}')).toBe(0);

    const odd = new Subject({}, backend);
    odd.lifecycle.finishShutdown({
      flushedWal: true,
      finalCheckpoint: true,
      backupUploaded: true,
      durationMs: 1,
      startedAtMs: 1,
      completedAtMs: 2,
      steps: [{ name: 'a"b\\c\nd', status: 'timed_out', durationMs: 250 }],
    });
    const step = 'tidegate_shutdown_step_seconds{step="a\\"b\\\\c\\nd",status="timed_out"}';
    expect((await scrape(odd)).get(step)).toBe(0.25);
  });
});
