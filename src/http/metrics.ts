/**
 * Metrics in the Prometheus text format. What has not happened is absent, never 0: an average over
 * zeros that mean "not yet" is wrong.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @module
 */

import { HOLD_NAMES } from '../lifecycle/gate.ts';
import { silentMs } from '../lifecycle/heartbeat.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { acceptsQueries, acceptsWrites, Phase, phaseName } from '../lifecycle/phase.ts';
import type { StepReport } from '../lifecycle/report.ts';
import { VERSION } from '../version.ts';
import type { Answer } from './respond.ts';

/** One sample: its labels and its value. */
type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/** `GET /metrics`. */
export function metrics(lifecycle: Lifecycle): Answer {
  const seen = lifecycle.snapshot();
  const { phase, coldStart, inFlight, holds, members, steps, report, backend } = seen;
  const durations = coldStart
    .durationsMs()
    .map(([name, ms]): Sample => [{ phase: name }, ms / 1000]);
  const total = durations.filter(([labels]) => labels.phase === 'total');
  const silences = members.flatMap(({ member, lastBeatAtMs }): Sample[] =>
    lastBeatAtMs === null ? [] : [[{ member }, silentMs(lastBeatAtMs) / 1000]],
  );
  const families = [
    gauge(
      'tidegate_phase',
      'Whether the process is in this phase, 0 or 1.',
      Object.values(Phase).map(
        (each): Sample => [{ phase: phaseName(each) }, Number(each === phase)],
      ),
    ),
    gauge('tidegate_health_status', '0 down or starting, 1 draining, 2 ready.', [
      [{}, Number(acceptsQueries(phase)) + Number(acceptsWrites(phase))],
    ]),
    gauge('tidegate_uptime_seconds', 'Seconds since the lifecycle was created.', [
      ...(seen.startedAtMs === 0 ? [] : [[{}, lifecycle.ageMs() / 1000] as const]),
    ]),
    gauge(
      'tidegate_cold_start_duration_seconds',
      'Seconds from the creation to Ready.',
      total.map(([, seconds]): Sample => [{}, seconds]),
    ),
    gauge(
      'tidegate_cold_start_phase_seconds',
      'Seconds that a stage of the boot took.',
      durations.filter((sample) => !total.includes(sample)),
    ),
    gauge('tidegate_in_flight', 'Permits out.', [
      [{ kind: 'write' }, inFlight.writes],
      [{ kind: 'query' }, inFlight.queries],
    ]),
    gauge('tidegate_members', 'Threads that take part.', [[{}, members.length]]),
    gauge(
      'tidegate_write_hold',
      'Whether this hold refuses writes, 0 or 1.',
      HOLD_NAMES.map((hold): Sample => [{ hold }, Number(holds.includes(hold))]),
    ),
    gauge(
      'tidegate_event_loop_blocked_seconds',
      'Seconds for which the loop of a thread has not turned; 0 while it turns.',
      silences,
    ),
    gauge(
      'tidegate_shutdown_duration_seconds',
      'Seconds from the acceptance of the shutdown to Stopped.',
      report === null ? [] : [[{}, report.durationMs / 1000]],
    ),
    gauge(
      'tidegate_shutdown_step_seconds',
      'Seconds that a step of the shutdown took.',
      stepSeconds(steps),
    ),
    gauge('tidegate_build_info', 'What runs, as labels; always 1.', [
      [{ version: VERSION, backend, runtime: runtimeName() }, 1],
    ]),
  ];
  const type = 'text/plain; version=0.0.4; charset=utf-8';
  return { status: 200, type, body: families.join(''), headers: {} };
}

/** A report of the application's own may have two steps of one name; two samples may not be equal. */
function stepSeconds(steps: readonly Readonly<StepReport>[]): Sample[] {
  const sums = new Map<string, Sample>();
  for (const { name, status, durationMs } of steps) {
    const key = `${status} ${name}`;
    const [, before] = sums.get(key) ?? [{}, 0];
    sums.set(key, [{ step: name, status }, before + durationMs / 1000]);
  }
  return [...sums.values()];
}

/** A family of samples, or nothing if it has none. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Step names are an application's own, and may have anything in them. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** As the runtime names itself; nothing is chosen by it. The others may also speak of Node. */
function runtimeName(): string {
  const { navigator, process } = globalThis as {
    readonly navigator?: { readonly userAgent?: string };
    readonly process?: { readonly versions?: Readonly<Record<string, string>> };
  };
  if (navigator?.userAgent === 'Cloudflare-Workers') return 'workerd';
  const versions = process?.versions ?? {};
  return ['bun', 'deno', 'node'].find((name) => versions[name] !== undefined) ?? 'browser';
}
