/**
 * The admin calls: show everything, drain, shut down, hold writes. The guards have already decided
 * who may make them.
 *
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase, phaseName } from '../lifecycle/phase.ts';
import type { WebRequest } from '../lifecycle/platform.ts';
import { type ShutdownReport, succeeded } from '../lifecycle/report.ts';
import type { Act } from './audit.ts';
import { enabledIn, isPlainCall } from './body.ts';
import { onWire } from './on-wire.ts';
import { type Answer, json, refusal } from './respond.ts';
import type { Status } from './status.ts';

/** What a shutdown asked for over HTTP has as its trigger. */
const TRIGGER = 'http';

/** How `GET /admin/status` is answered, by what the request accepts. */
export type StatusForm = (status: Status, request: WebRequest) => Answer;

/** `GET /admin/status`: the whole snapshot. */
export function statusAsJson(status: Status): Answer {
  return json(200, { ...status });
}

/** `POST /admin/drain`: closes the gate to writes and returns at once. */
export function beginDrain(lifecycle: Lifecycle, body: Uint8Array): Answer {
  if (!isPlainCall(body)) return malformed();
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
export async function shutDown(lifecycle: Lifecycle, body: Uint8Array, act?: Act): Promise<Answer> {
  if (!isPlainCall(body)) return malformed();
  const isOver = lifecycle.shutdownReport() !== null;
  const report = lifecycle.shutdown({ trigger: TRIGGER });
  // Nobody may be left to tell it at the end.
  if (!isOver) act?.tell(accepted(lifecycle));
  return reported(await report);
}

/**
 * The same from another thread than the one that runs it, whose loop may be blocked: answers when it
 * is accepted, which is at once, or with the report where there is one.
 */
export function acceptShutdown(lifecycle: Lifecycle, body: Uint8Array): Answer {
  if (!isPlainCall(body)) return malformed();
  const report = lifecycle.shutdownReport();
  if (report !== null) return reported(report);
  // Accepted when the call returns; how it ends is in the report, and a thread that is gone by then has no say.
  lifecycle.shutdown({ trigger: TRIGGER }).catch(() => {});
  return accepted(lifecycle);
}

function accepted(lifecycle: Lifecycle): Answer {
  return json(202, { ok: true, accepted: true, phase: phaseName(lifecycle.phase()) });
}

function reported(report: Readonly<ShutdownReport>): Answer {
  const ok = succeeded(report);
  return json(ok ? 200 : 500, { ok, ...onWire(report) });
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

function malformed(): Answer {
  return refusal(400, 'The body is neither empty nor a JSON object');
}
