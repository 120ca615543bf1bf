/**
 * Tells the answers of a service of this library from those of any other program: the shapes of the
 * contract, and what to say of an answer that has none of them.
 *
 * @module
 */

import type {
  CheckOnWire,
  ColdStartOnWire,
  MemberOnWire,
  PreviousRunOnWire,
  ReportOnWire,
  ShutdownOnWire,
  StageOnWire,
  Status,
  StepOnWire,
} from '../http/status.ts';
import { FLEET_PHASES, type FleetPhase, type FleetStanding } from '../lifecycle/fleet-calls.ts';
import type { LeaseSnapshot } from '../lifecycle/lease-state.ts';
import { PHASE_NAMES, type PhaseName } from '../lifecycle/phase.ts';
import type { Answer } from './ask.ts';
import { CommandError, Exit } from './exit.ts';
import { plain } from './plain.ts';
import { type Check, count, flag, list, oneOf, optional, orNull, record, text } from './shape.ts';
import { TOKEN_VARIABLE } from './token.ts';

/** The answer of a probe. Those of liveness have no reason and no time. */
export interface ProbeAnswer {
  readonly status: string;
  readonly phase: PhaseName;
  readonly reason?: string | undefined;
  /** Whole seconds since the process began. */
  readonly since_secs?: number | undefined;
}

/** What a fleet answers. */
export interface FleetOnWire {
  readonly phase: FleetPhase;
  readonly deployment: string;
  readonly newest: string;
  readonly changed: boolean;
  readonly settles_in_ms: number | null;
  readonly draining_at_ms: number | null;
  readonly shutting_down_at_ms: number | null;
}

const phase = oneOf(...PHASE_NAMES);

/** Any probe. */
export const isProbeAnswer: Check<ProbeAnswer> = record<ProbeAnswer>({
  status: text,
  phase,
  reason: optional(text),
  since_secs: optional(count),
});

/** `POST /admin/drain`. */
export const isDrainAnswer: Check<{ readonly ok: boolean; readonly phase: PhaseName }> = record({
  ok: flag,
  phase,
});

/** `POST /admin/readonly`. */
export const isReadOnlyAnswer: Check<{ readonly read_only: boolean; readonly changed: boolean }> =
  record({ read_only: flag, changed: flag });

/** `GET /fleet/status`, `POST /fleet/drain` and `POST /fleet/shutdown`. */
export const isFleetAnswer: Check<FleetOnWire> = record<FleetOnWire>({
  phase: oneOf(...FLEET_PHASES),
  deployment: text,
  newest: text,
  changed: flag,
  settles_in_ms: orNull(count),
  draining_at_ms: orNull(count),
  shutting_down_at_ms: orNull(count),
});

/** Whatever says in words why it does not do it. */
export const isRefusal: Check<{ readonly error: string }> = record({ error: text });

const step: Check<StepOnWire> = record<StepOnWire>({
  name: text,
  status: oneOf('ok', 'failed', 'skipped', 'timed_out'),
  duration_ms: count,
  error: optional(text),
});

const report: Check<ReportOnWire> = record<ReportOnWire>({
  flushed_wal: flag,
  final_checkpoint: flag,
  backup_uploaded: flag,
  duration_ms: count,
  started_at_ms: count,
  completed_at_ms: count,
  drained: flag,
  taken_over: flag,
  failed: flag,
  trigger: orNull(text),
  steps: list(step),
});

/** `POST /admin/shutdown`. */
export function isShutdownAnswer(value: unknown): value is ReportOnWire & { readonly ok: boolean } {
  return report(value) && record<{ ok: boolean }>({ ok: flag })(value);
}

/** The same of a probe thread, which does not wait for the report. */
export const isAcceptance: Check<{ readonly accepted: boolean; readonly phase: PhaseName }> =
  record({ accepted: flag, phase });

const duration: Check<readonly [string, number]> = (value): value is readonly [string, number] =>
  Array.isArray(value) && value.length === 2 && text(value[0]) && count(value[1]);

/** `GET /admin/status`. */
export const isStatus: Check<Status> = record<Status>({
  name: optional(text),
  version: optional(text),
  host: optional(text),
  pid: optional(count),
  runtime: optional(text),
  phase,
  reason: orNull(text),
  at_ms: count,
  started_at_ms: count,
  ready_at_ms: orNull(count),
  draining_at_ms: orNull(count),
  shutting_down_at_ms: orNull(count),
  stopped_at_ms: orNull(count),
  shutdown_requested: flag,
  accepted_at_ms: orNull(count),
  shutdown: orNull(
    record<ShutdownOnWire>({
      trigger: orNull(text),
      running: list(text),
      pending: list(text),
      left_ms: orNull(count),
    }),
  ),
  holds: list(oneOf('read_only', 'replica', 'lease_lost', 'paused', 'unhealthy')),
  checks: list(
    record<CheckOnWire>({
      name: text,
      healthy: flag,
      affects: oneOf('ready', 'write', 'nothing'),
      since_ms: count,
      error: orNull(text),
      member: count,
    }),
  ),
  leases: optional(
    list(
      record<LeaseSnapshot>({
        name: text,
        state: oneOf('held', 'waiting', 'lost'),
        token: orNull(count),
      }),
    ),
  ),
  in_flight: record({ writes: count, queries: count }),
  members: list(
    record<MemberOnWire>({
      member: count,
      incarnation: count,
      writes: count,
      queries: count,
      thread_id: orNull(count),
      is_probes: flag,
      blocked_ms: orNull(count),
    }),
  ),
  cold_start: record<ColdStartOnWire>({
    started_at_ms: count,
    restore_started_at_ms: count,
    restore_ready_at_ms: count,
    wal_replay_started_at_ms: count,
    wal_replay_ready_at_ms: count,
    index_warmup_started_at_ms: count,
    index_warmup_ready_at_ms: count,
    ready_at_ms: count,
    stages: list(record<StageOnWire>({ name: text, started_at_ms: count, ready_at_ms: count })),
    durations_ms: list(duration),
  }),
  steps: list(step),
  step_ends_ms: list(orNull(count)),
  running_since_ms: list(orNull(count)),
  report: orNull(report),
  backend: text,
  previous_run: orNull(
    record<PreviousRunOnWire>({
      outcome: oneOf('clean', 'failed', 'crashed', 'exited', 'out_of_budget', 'killed', 'running'),
      pid: count,
      started_at_ms: count,
      ready_at_ms: orNull(count),
      accepted_at_ms: orNull(count),
      ended_at_ms: orNull(count),
      last_seen_at_ms: count,
      trigger: orNull(text),
      phase,
      step: orNull(text),
      step_status: orNull(oneOf('running', 'ok', 'failed', 'skipped', 'timed_out')),
      exit_code: orNull(count),
      error: orNull(text),
    }),
  ),
  fleet: optional(
    record<FleetStanding>({
      reachable: flag,
      phase: oneOf(...FLEET_PHASES),
      deployment: text,
      age_ms: orNull(count),
    }),
  ),
});

/**
 * The answer to an admin call, if it has the shape.
 *
 * @throws {CommandError} `Unauthorized` for 401 and 403, `Unreachable` for what tidegate never says
 */
export function admitted<T>(url: string, answer: Answer, isShape: Check<T>, token: boolean): T {
  if (answer.status === 401) {
    const how = `Give it by ${TOKEN_VARIABLE} or --token-file`;
    throw new CommandError(
      Exit.Unauthorized,
      token ? 'The token is wrong' : `The service asks for a token. ${how}`,
    );
  }
  if (answer.status === 403) {
    const { error } = isRefusal(answer.body) ? answer.body : { error: 'without a reason' };
    throw new CommandError(Exit.Unauthorized, `The service refuses admin calls: ${plain(error)}`);
  }
  if (isShape(answer.body)) return answer.body;
  throw new CommandError(Exit.Unreachable, strange(url, answer));
}

/** What to say of an answer that is not ours. */
export function strange(url: string, { status, body, location }: Answer): string {
  const what =
    location === undefined
      ? body === undefined
        ? 'what is no JSON'
        : 'JSON that tidegate never sends'
      : `a redirect to ${plain(location)}, which is not followed`;
  return `${plain(url)} answers ${status} with ${what}`;
}
