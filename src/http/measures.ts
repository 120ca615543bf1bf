/**
 * What is measured: names, units and samples of every metric. What has not happened is absent,
 * never 0: an average over zeros that mean "not yet" is wrong. How it is written is `metrics.ts`.
 *
 * @module
 */

import type { CheckSnapshot } from '../lifecycle/check-records.ts';
import { FLEET_PHASES, standingOf } from '../lifecycle/fleet-calls.ts';
import { HOLD_NAMES } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { acceptsQueries, acceptsWrites, Phase, phaseName } from '../lifecycle/phase.ts';
import type { StepReport } from '../lifecycle/report.ts';
import { VERSION } from '../version.ts';
import { LEASE_STATES } from './leases.ts';
import type { ServiceName } from './options.ts';
import { runtimeName } from './runtime-name.ts';

/** One sample: its labels and its value. */
export type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/**
 * A metric and its samples. What is no counter is a gauge, in both forms, so that a metric is the same
 * whichever was scraped. OpenMetrics has closer types for two of them, but neither fits: the label of a
 * StateSet is called like its family (not `phase`), and an Info is called `tidegate_build` where
 * its type is declared, which classic readers (promtool among them) refuse.
 */
export interface Family {
  /** That of a counter ends with `_total`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** The base unit, if there is one; the name then ends with it. */
  readonly unit: 'seconds' | undefined;
  readonly samples: readonly Sample[];
}

/**
 * All families, in a fixed order; those of what has not happened have no samples.
 *
 * @param service what the service is called; without a version the one of this package is given
 */
export function measure(lifecycle: Lifecycle, service: ServiceName = {}): Family[] {
  const seen = lifecycle.snapshot();
  const { phase, coldStart, inFlight, holds, checks, leases, members, steps, report, backend } =
    seen;
  const previous = lifecycle.previousRun();
  const fleet = standingOf(lifecycle);
  const { permits, refusals, probes } = lifecycle.counters();
  const durations = coldStart
    .durationsMs()
    .map(([name, ms]): Sample => [{ phase: name }, ms / 1000]);
  const total = durations.filter(([labels]) => labels.phase === 'total');
  const silences = members.flatMap(({ member, blockedMs }): Sample[] =>
    blockedMs === null ? [] : [[{ member }, blockedMs / 1000]],
  );
  return [
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
      'tidegate_start_timestamp_seconds',
      'When the lifecycle was created, in seconds since the Unix epoch.',
      timestamp(seen.startedAtMs),
    ),
    gauge(
      'tidegate_ready_timestamp_seconds',
      'When the process became Ready, in seconds since the Unix epoch.',
      timestamp(seen.readyAtMs),
    ),
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
    gauge('tidegate_in_flight', 'Permits held.', [
      [{ kind: 'write' }, inFlight.writes],
      [{ kind: 'query' }, inFlight.queries],
    ]),
    gauge('tidegate_members', 'Attached threads.', [[{}, members.length]]),
    gauge(
      'tidegate_write_hold',
      'Whether this hold refuses writes, 0 or 1.',
      HOLD_NAMES.map((hold): Sample => [{ hold }, Number(holds.includes(hold))]),
    ),
    gauge(
      'tidegate_check',
      'Whether this check passes, on every thread that runs one of this name, 0 or 1.',
      checkSamples(checks),
    ),
    gauge(
      'tidegate_lease_state',
      'Whether the lease is in this state, 0 or 1.',
      leases.flatMap(({ name, state }) =>
        LEASE_STATES.map((each): Sample => [{ lease: name, state: each }, Number(each === state)]),
      ),
    ),
    gauge(
      'tidegate_lease_token',
      'The fencing token of the lease while it is held.',
      leases.flatMap(({ name, token }): Sample[] =>
        token === null ? [] : [[{ lease: name }, token]],
      ),
    ),
    gauge(
      'tidegate_event_loop_blocked_seconds',
      'Seconds for which the event loop of a thread has been blocked; 0 while it is responsive.',
      silences,
    ),
    gauge(
      'tidegate_shutdown_duration_seconds',
      'Seconds from the acceptance of the shutdown to Stopped.',
      report === null ? [] : [[{}, report.durationMs / 1000]],
    ),
    gauge(
      'tidegate_drain_duration_seconds',
      'Seconds from Draining to ShuttingDown.',
      span(seen.drainingAtMs, seen.shuttingDownAtMs),
    ),
    gauge(
      'tidegate_shutdown_step_seconds',
      'Seconds that a step of the shutdown took.',
      stepSeconds(steps),
    ),
    gauge(
      'tidegate_previous_run_info',
      'How the run before this one ended, as a label; always 1.',
      previous === null ? [] : [[{ outcome: previous.outcome }, 1]],
    ),
    gauge(
      'tidegate_fleet_phase',
      'Whether the fleet is in this phase, as far as this process has heard, 0 or 1.',
      FLEET_PHASES.flatMap((each): Sample[] =>
        fleet === undefined ? [] : [[{ phase: each }, Number(each === fleet.phase)]],
      ),
    ),
    gauge(
      'tidegate_fleet_reachable',
      'Whether the fleet answered the last question, 0 or 1.',
      fleet === undefined ? [] : [[{}, Number(fleet.reachable)]],
    ),
    gauge(
      'tidegate_fleet_age_seconds',
      'Seconds since what is known of the fleet was asked for.',
      fleet === undefined || fleet.age_ms === null ? [] : [[{}, fleet.age_ms / 1000]],
    ),
    gauge('tidegate_build_info', 'What runs, as labels; always 1.', [
      [{ ...named(service), backend, runtime: runtimeName() }, 1],
    ]),
    counter('tidegate_permits_total', 'Permits that the gate gave.', [
      [{ kind: 'write' }, permits.writes],
      [{ kind: 'query' }, permits.queries],
    ]),
    counter(
      'tidegate_refusals_total',
      'Permits that the gate refused, by the phase or the hold that did.',
      refusals.map(({ kind, reason, count }): Sample => [{ kind, reason }, count]),
    ),
    counter(
      'tidegate_probes_total',
      'Answers of the health probes, by their status code.',
      probes.map(({ probe, code, count }): Sample => [{ probe, code }, count]),
    ),
  ];
}

/** None before it happened, nor while the clock had no time. */
function timestamp(ms: number | null): Sample[] {
  return ms === null || ms === 0 ? [] : [[{}, ms / 1000]];
}

/** None before its end, nor if the clock stepped back meanwhile. */
function span(fromMs: number | null, toMs: number | null): Sample[] {
  const isOver = fromMs !== null && toMs !== null && toMs >= fromMs;
  return isOver ? [[{}, (toMs - fromMs) / 1000]] : [];
}

/** Two threads may have checks of one name; two samples may not be equal. */
function checkSamples(checks: readonly CheckSnapshot[]): Sample[] {
  const passes = new Map<string, boolean>();
  for (const { name, healthy } of checks) passes.set(name, healthy && passes.get(name) !== false);
  return [...passes].map(([check, isHealthy]) => [{ check }, Number(isHealthy)]);
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

function named({ name, version = VERSION }: ServiceName): Readonly<Record<string, string>> {
  return name === undefined ? { version } : { name, version };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  const unit = name.endsWith('_seconds') ? 'seconds' : undefined;
  return { name, type: 'gauge', help, unit, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, unit: undefined, samples };
}
