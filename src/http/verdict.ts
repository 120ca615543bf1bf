/**
 * The verdict in words: are writes admitted, and if not, why not. The page and the command line say
 * the same. A probe's own answer is made in `health.ts`.
 *
 * @module
 */

import { elapsed } from './elapsed.ts';
import type { CheckOnWire, MemberOnWire, Status } from './status.ts';

/** How it looks from afar. `over`: it has ended, and well. */
export type Tone = 'good' | 'between' | 'bad' | 'over';

/** The verdict. */
export interface Verdict {
  readonly tone: Tone;
  /** `Writes are admitted`, `Writes are refused: draining`. */
  readonly text: string;
  /** What the application says of it: a text of its own. */
  readonly reason: string | null;
  /** What load balancers see besides, or what is next; `null` if there is nothing to add. */
  readonly note: string | null;
}

/** Judges a snapshot. */
export function verdictOf(status: Status): Verdict {
  const { phase, holds, reason } = status;
  if (phase !== 'ready') {
    const text = `Writes are refused: ${worded(phase)}`;
    return { tone: toneOf(status), text, reason, note: endOf(status) };
  }
  const failing = failingChecks(status);
  const named = (affects: CheckOnWire['affects']): string =>
    failing
      .filter((check) => check.affects === affects)
      .map(({ name }) => name)
      .join(', ');
  const sick = named('ready');
  const note = status.shutdown_requested
    ? 'A shutdown was accepted: load balancers are told to stop sending'
    : sick === ''
      ? null
      : `Load balancers are told that it is not ready: check ${sick} fails`;
  if (holds.length === 0) {
    const text = 'Writes are admitted';
    return { tone: note === null ? 'good' : 'between', text, reason: null, note };
  }
  const whys = holds.map((hold) => {
    const checks = (hold as string) === 'unhealthy' ? named('write') : '';
    return checks === '' ? worded(hold) : `${worded(hold)} (check ${checks} fails)`;
  });
  const text = `Writes are refused: ${whys.join(', ')}`;
  return { tone: 'between', text, reason: null, note };
}

/** The checks that fail now. Once a shutdown is accepted none runs, and none counts. */
export function failingChecks({ checks = [] }: Status): readonly CheckOnWire[] {
  return checks.filter(({ healthy }) => !healthy);
}

/** A thread as people call it. */
export function threadName({ member, thread_id, is_probes }: MemberOnWire): string {
  if (is_probes) return 'probe thread';
  if (thread_id === null) return `thread of member ${member}`;
  return thread_id === 0 ? 'main thread' : `worker ${thread_id}`;
}

/** How it stands with the fleet; `null` where there is none. */
export function fleetOf({ fleet }: Status): string | null {
  if (fleet === undefined) return null;
  const { reachable, phase, deployment, age_ms } = fleet;
  const since = age_ms === null ? '' : ` for ${elapsed(age_ms)}`;
  const reached = reachable ? '' : `, not reachable${since}`;
  return `${deployment} is ${worded(phase)}${reached}`;
}

/** A wire name as words. */
export function worded(name: string): string {
  return name.replaceAll('_', ' ');
}

/** True if it ended as it should: as the exit code says. */
export function endedWell({ report }: Status): boolean {
  return (
    report?.drained === true &&
    !report.failed &&
    report.steps.every(({ status }) => status === 'ok' || status === 'skipped')
  );
}

function toneOf(status: Status): Tone {
  if (status.phase !== 'stopped') return 'between';
  return endedWell(status) ? 'over' : 'bad';
}

function endOf(status: Status): string | null {
  const { report } = status;
  if (report === null) return null;
  if (endedWell(status)) return 'The shutdown went well';
  const failed = report.steps.filter(({ status: end }) => end === 'failed' || end === 'timed_out');
  const faults = [
    ...(failed.length === 0
      ? []
      : [failed.length === 1 ? '1 step failed' : `${failed.length} steps failed`]),
    ...(report.drained ? [] : ['something was still in flight']),
    ...(report.failed ? ['it was reported as failed'] : []),
  ];
  return `The shutdown did not go well: ${faults.join(', ')}`;
}
