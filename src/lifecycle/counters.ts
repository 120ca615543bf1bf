/**
 * The counters: what the gate admitted and refused, and how the probes answered, over all threads
 * and since the creation. The reasons and answers are listed here; the core counts them.
 *
 * @module
 */

import { ANSWER_CODES, PHASES } from '../../assembly/layout.ts';
import { HOLD_BITS, HOLD_NAMES, type HoldName, type PermitKind } from './gate.ts';
import { acceptsQueries, acceptsWrites, Phase, type PhaseName, phaseName } from './phase.ts';
import type { Seat } from './seat.ts';

/** A probe, by the name under which its answers are counted. */
export type CountedProbe = 'live' | 'ready' | 'ready/write' | 'startup';

/** The status of an answer of a probe: the verdict, of `OPTIONS` too, or a wrong method. */
export type ProbeStatus = 200 | 204 | 405 | 503;

/** Refusals for one reason: that of the gate at that very moment. */
export interface RefusalCount {
  /** What was asked for. */
  readonly kind: PermitKind;
  /** The phase, or the hold, that refused it. */
  readonly reason: PhaseName | HoldName;
  /** Refusals since the creation; at least 0. */
  readonly count: number;
}

/** Answers of one probe with one status. */
export interface ProbeCount {
  /** The probe that was asked. */
  readonly probe: CountedProbe;
  /** The HTTP status of its answer. */
  readonly code: ProbeStatus;
  /** Answers since the creation; at least 0. */
  readonly count: number;
}

/**
 * All counts since the creation, over all threads, those that are gone among them. No count is ever
 * smaller than one that was read before, on whichever thread.
 */
export interface Counters {
  /** Permits that the gate gave. */
  readonly permits: { readonly writes: number; readonly queries: number };
  /** Every reason that there can be, also those that have refused nothing. */
  readonly refusals: readonly RefusalCount[];
  /** Every probe with every status that there can be. */
  readonly probes: readonly ProbeCount[];
}

// By number, as the core counts them.
const PROBE_NAMES: readonly CountedProbe[] = ['live', 'ready', 'ready/write', 'startup'];
const STATUSES: readonly ProbeStatus[] = [200, 204, 405, 503];

/** Counts an answer of a probe of this thread; one with any other status is not a probe's. */
export function countProbe({ core, member }: Seat, probe: CountedProbe, status: number): void {
  const code = STATUSES.indexOf(status as ProbeStatus);
  if (code < 0) return;
  core.countAnswer(member.number, PROBE_NAMES.indexOf(probe) * ANSWER_CODES + code);
}

/** Reads them all. */
export function readCounters({ core }: Seat): Counters {
  const phases = Object.values(Phase);
  const refused = (kind: PermitKind, reason: PhaseName | HoldName, count: number): RefusalCount =>
    Object.freeze({ kind, reason, count });
  return Object.freeze({
    permits: Object.freeze({ writes: core.writesAdmitted(), queries: core.queriesAdmitted() }),
    refusals: Object.freeze([
      ...phases
        .filter((phase) => !acceptsWrites(phase))
        .map((phase) => refused('write', phaseName(phase), core.writesRefused(phase))),
      ...HOLD_NAMES.map((hold) =>
        refused('write', hold, core.writesRefused(PHASES + Math.log2(HOLD_BITS[hold]))),
      ),
      ...phases
        .filter((phase) => !acceptsQueries(phase))
        .map((phase) => refused('query', phaseName(phase), core.queriesRefused(phase))),
    ]),
    probes: Object.freeze(
      PROBE_NAMES.flatMap((probe, at) =>
        STATUSES.map((code, index) =>
          Object.freeze({ probe, code, count: core.answers(at * ANSWER_CODES + index) }),
        ),
      ),
    ),
  });
}
