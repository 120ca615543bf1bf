/**
 * The probes: is it alive, has it started, may it get traffic, may it get writes. They tell; they
 * move nothing but the count of probes that have seen a shutdown coming.
 *
 * @module
 */

import type { CheckSnapshot } from '../lifecycle/check-records.ts';
import type { CountedProbe } from '../lifecycle/counters.ts';
import type { HoldName } from '../lifecycle/gate.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { acceptsQueries, acceptsWrites, Phase, phaseName } from '../lifecycle/phase.ts';
import type { Member } from '../lifecycle/seat.ts';

import { decidingLease } from './leases.ts';

import { checksOnProbe } from './probe-checks.ts';

import { type Answer, keptJson } from './respond.ts';

/** A probe for traffic, as its answer names it. */
export type ProbeName = Exclude<CountedProbe, 'live'>;

/** What a probe for traffic asks: whether queries are served, or whether a write is admitted. */
export type Demand = 'queries' | 'writes';

/** What readiness depends on, all true at the same moment. */
interface Standing {
  readonly phase: Phase;
  /** Why it is not ready yet; `null` in any phase but Starting. */
  readonly startingReason: string | null;
  readonly hold: HoldName | undefined;
  readonly shutdownRequested: boolean;
  readonly checks: readonly CheckSnapshot[];
}

/** A thread whose loop a probe thread looks at from outside. */
export interface Watched {
  readonly member: Member;
  /** Milliseconds of a blocked loop after which the process is not alive; by default it always is. */
  readonly stuckAfterMs?: number | undefined;
}

/**
 * `GET /health/live`: 503 only once Stopped, or when a watched loop is stuck, since a restart helps
 * nobody before that.
 */
export function liveness(lifecycle: Lifecycle, watched?: Watched): Answer {
  const phase = lifecycle.phase();
  const loop = watched === undefined ? {} : loopOf(lifecycle, watched);
  const { blocked_ms = 0 } = loop;
  const isStuck = blocked_ms > (watched?.stuckAfterMs ?? Number.POSITIVE_INFINITY);
  const status = phase === Phase.Stopped ? 'stopped' : isStuck ? 'stuck' : 'alive';
  return keptJson('live', status === 'alive' ? 200 : 503, {
    status,
    phase: phaseName(phase),
    ...loop,
  });
}

/** A thread that never beat, or is there no more, is not said to be blocked. */
function loopOf(
  lifecycle: Lifecycle,
  { member }: Watched,
): { readonly loop?: 'ok' | 'blocked'; readonly blocked_ms?: number } {
  const found = lifecycle
    .snapshot()
    .members.find(
      (each) => each.member === member.number && each.incarnation === member.incarnation,
    );
  const blocked_ms = found?.blockedMs ?? 0;
  return { loop: blocked_ms > 0 ? 'blocked' : 'ok', blocked_ms };
}

/**
 * `GET /health/ready`, `/health/ready/write` and `/health/startup`.
 *
 * `since_secs` is whole seconds since the creation. A failure that is reported while a shutdown is
 * accepted counts towards `preDrainProbes` if its asker was asking before, except that of the startup
 * probe: it starts containers and routes no traffic.
 *
 * @param isBalancer whether the asker was asking before the acceptance; called once for each answer
 * @param details more keys; the contract's come last, and win
 */
export function readiness(
  lifecycle: Lifecycle,
  probe: ProbeName,
  demand: Demand,
  isBalancer: (isLeaving: boolean) => boolean,
  details?: Readonly<Record<string, unknown>>,
): Answer {
  const standing = look(lifecycle, demand, probe !== 'startup');
  const { phase } = standing;
  const reason = demand === 'writes' ? whyNoWrites(standing) : whyNoQueries(standing);
  const name = phaseName(phase);
  const since_secs = Math.floor(lifecycle.ageMs() / 1000);
  const headers = probe === 'ready/write' ? undefined : serverTiming(lifecycle);
  const list = checksOnProbe(standing.checks);
  const checks = list.length > 0 && { checks: list };
  const lease = probe === 'startup' ? undefined : decidingLease(lifecycle.leases());
  const more = { ...checks, ...(lease && { lease }) };
  const counts = probe !== 'startup' && isBalancer(standing.shutdownRequested);
  if (reason === undefined) {
    const ready_at_unix_ms = lifecycle.readyAtMs();
    const told = { probe, status: 'ready', phase: name, since_secs, ready_at_unix_ms, ...more };
    return keptJson(probe, 200, withDetails(told, details), headers, list);
  }
  if (standing.shutdownRequested && counts) lifecycle.noteReadinessProbe();
  const told = { probe, status: name, phase: name, since_secs, reason, ...more };
  return keptJson(probe, 503, withDetails(told, details), headers, list);
}

/** The details first, and the contract's keys over them. Where there are none, nothing is copied. */
function withDetails(
  told: Readonly<Record<string, unknown>>,
  details: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  return details === undefined ? told : { ...details, ...told };
}

/**
 * The stages of the boot that have ended, for a browser's network panel. Their names are tokens as
 * they are, and milliseconds are the unit of `dur`.
 *
 * @see https://www.w3.org/TR/server-timing/#the-server-timing-header-field
 */
function serverTiming(lifecycle: Lifecycle): Readonly<Record<string, string>> | undefined {
  const boot = lifecycle.coldStartPhases();
  // A service that marks nothing is probed as often, and lists of nothing would be half of the cost.
  const ended = boot.restoreReadyAtMs + boot.walReplayReadyAtMs + boot.indexWarmupReadyAtMs;
  if (ended === 0 && boot.stages.length === 0) return undefined;
  const stages = boot.durationsMs().filter(([name]) => name !== 'total');
  if (stages.length === 0) return undefined;
  return { 'server-timing': stages.map(([name, ms]) => `${name};dur=${ms}`).join(', ') };
}

/** The first check that fails readiness. */
function whyUnhealthy(checks: readonly CheckSnapshot[]): string | undefined {
  const failing = checks.find(({ healthy, affects }) => !healthy && affects === 'ready');
  return failing && `check:${failing.name}`;
}

/** The reason that the application gave, or the phase, or a check; `undefined` when queries are served. */
function whyNoQueries({ phase, startingReason, checks }: Standing): string | undefined {
  return acceptsQueries(phase) ? whyUnhealthy(checks) : (startingReason ?? phaseName(phase));
}

/** The first that holds: not Ready, a write hold, an accepted shutdown, a check. */
function whyNoWrites({
  phase,
  startingReason,
  hold,
  shutdownRequested,
  checks,
}: Standing): string | undefined {
  if (!acceptsWrites(phase)) return startingReason ?? phaseName(phase);
  return hold ?? (shutdownRequested ? 'shutdown_requested' : whyUnhealthy(checks));
}

/**
 * Reads what is spread over several words. A phase only moves forward, so one that is the same
 * before and after held all the while, and the holds and the request in between belong to it. It
 * moves four times at most, so this ends. The reason comes before the phase: a reason is seen in
 * Starting only, and counts only if that is still the phase.
 */
function look(lifecycle: Lifecycle, demand: Demand, hasChecks: boolean): Standing {
  const checks = hasChecks ? lifecycle.checks() : [];
  // Whether queries are served is in the phase and the checks; the rest is for those who are told no.
  const now = lifecycle.phase();
  if (demand === 'queries' && acceptsQueries(now)) {
    const shutdownRequested = lifecycle.shutdownRequested();
    return { phase: now, startingReason: null, hold: undefined, shutdownRequested, checks };
  }
  while (true) {
    const reason = lifecycle.notReadyReason();
    const phase = lifecycle.phase();
    const [hold] = lifecycle.gate.holds();
    const shutdownRequested = lifecycle.shutdownRequested();
    if (lifecycle.phase() !== phase) continue;
    const startingReason = phase === Phase.Starting ? reason : null;
    return { phase, startingReason, hold, shutdownRequested, checks };
  }
}
