/**
 * The admin calls: look at everything, drain, shut down, hold writes. Who may make them was decided
 * before.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase, phaseName } from '../lifecycle/phase.ts';
import type { ShutdownReport, StepReport } from '../lifecycle/report.ts';
import { enabledIn } from './body.ts';
import { type Answer, json, refusal } from './respond.ts';

/** What a shutdown asked for over HTTP has as its trigger. */
const TRIGGER = 'http';

/** `GET /admin/status`: the whole snapshot. */
export function status(lifecycle: Lifecycle): Answer {
  const { phase, coldStart, inFlight, members, report, steps, ...seen } = lifecycle.snapshot();
  return json(200, {
    phase: phaseName(phase),
    reason: seen.reason,
    started_at_ms: seen.startedAtMs,
    ready_at_ms: seen.readyAtMs,
    draining_at_ms: seen.drainingAtMs,
    shutting_down_at_ms: seen.shuttingDownAtMs,
    stopped_at_ms: seen.stoppedAtMs,
    shutdown_requested: seen.shutdownRequested,
    holds: seen.holds,
    in_flight: inFlight,
    members: members.map(({ member, incarnation, writes, queries, threadId, lastBeatAtMs }) => ({
      member,
      incarnation,
      writes,
      queries,
      thread_id: threadId,
      last_beat_at_ms: lastBeatAtMs,
    })),
    cold_start: {
      started_at_ms: coldStart.startedAtMs,
      restore_started_at_ms: coldStart.restoreStartedAtMs,
      restore_ready_at_ms: coldStart.restoreReadyAtMs,
      wal_replay_started_at_ms: coldStart.walReplayStartedAtMs,
      wal_replay_ready_at_ms: coldStart.walReplayReadyAtMs,
      index_warmup_started_at_ms: coldStart.indexWarmupStartedAtMs,
      index_warmup_ready_at_ms: coldStart.indexWarmupReadyAtMs,
      ready_at_ms: coldStart.readyAtMs,
      stages: coldStart.stages.map(({ name, startedAtMs, readyAtMs }) => ({
        name,
        started_at_ms: startedAtMs,
        ready_at_ms: readyAtMs,
      })),
      durations_ms: coldStart.durationsMs(),
    },
    steps: steps.map(stepOnWire),
    report: report === null ? null : reportOnWire(report),
    backend: seen.backend,
  });
}

/** `POST /admin/drain`: closes the gate to writes and returns at once. */
export function beginDrain(lifecycle: Lifecycle): Answer {
  let phase: Phase;
  // Again, if another thread made it Ready between the two: there is something to drain after all.
  do {
    lifecycle.markDraining();
    phase = lifecycle.phase();
  } while (phase === Phase.Ready);
  if (phase !== Phase.Starting) return json(200, { ok: true, phase: phaseName(phase) });
  const error = 'Cannot drain: the lifecycle is still starting';
  return json(409, { ok: false, phase: phaseName(phase), error });
}

/** `POST /admin/shutdown`: shuts down or joins, and answers when it is over. */
export async function shutDown(lifecycle: Lifecycle): Promise<Answer> {
  const report = await lifecycle.shutdown({ trigger: TRIGGER });
  const ended = report.steps.every(({ status }) => status === 'ok' || status === 'skipped');
  const ok = report.drained && ended;
  return json(ok ? 200 : 500, { ok, ...reportOnWire(report) });
}

/** `POST /admin/readonly`: sets or lifts the `read_only` hold. */
export function setReadOnly(lifecycle: Lifecycle, body: Uint8Array): Answer {
  const enabled = enabledIn(body);
  if (enabled === undefined) {
    return refusal(400, 'The body is not {"enabled": true} or {"enabled": false}');
  }
  const { gate } = lifecycle;
  const changed = enabled ? gate.hold('read_only') : gate.release('read_only');
  return json(200, { ok: true, read_only: enabled, changed });
}

function reportOnWire(report: Readonly<ShutdownReport>): Record<string, unknown> {
  return {
    flushed_wal: report.flushedWal,
    final_checkpoint: report.finalCheckpoint,
    backup_uploaded: report.backupUploaded,
    duration_ms: report.durationMs,
    started_at_ms: report.startedAtMs,
    completed_at_ms: report.completedAtMs,
    drained: report.drained,
    taken_over: report.takenOver,
    trigger: report.trigger,
    steps: report.steps.map(stepOnWire),
  };
}

/** `error` is left out where there is none: JSON has no `undefined`. */
function stepOnWire({ name, status, durationMs, error }: Readonly<StepReport>) {
  return { name, status, duration_ms: durationMs, error };
}
