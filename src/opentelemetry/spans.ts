/**
 * The boot and the shutdown as traces, a root span each, with the times that the lifecycle noted.
 * Nothing runs inside these spans: they are made when all of their times are known.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#span
 * @module
 */

import {
  type Attributes,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { Phase } from '../lifecycle/phase.ts';
import type { ShutdownReport, StepReport } from '../lifecycle/report.ts';
import type { LifecycleSnapshot } from '../lifecycle/snapshot.ts';

/** One span below a root. */
interface Part {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Why it failed, if it did. */
  readonly error: string | undefined;
}

/** Traces the boot and the shutdown as they end. Returns the undo, which catches up first. */
export function traceLife(lifecycle: Lifecycle, tracer: Tracer): () => void {
  const teller = new Teller(tracer);
  const tell = (): void => teller.tell(lifecycle.snapshot());
  const forget = lifecycle.onTransition(tell);
  tell();
  let isUndone = false;
  return () => {
    if (isUndone) return;
    isUndone = true;
    forget();
    try {
      tell();
    } catch (thrown) {
      // Detached: this thread no longer knows what has happened.
      if (!(thrown instanceof LifecycleError)) throw thrown;
    }
  };
}

/** Remembers what was traced, so that each span is made once. */
class Teller {
  readonly #tracer: Tracer;
  readonly #told: Set<string> = new Set();
  #boot: SpanContext | undefined;
  #isOver = false;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  tell(seen: LifecycleSnapshot): void {
    if (seen.phase === Phase.Starting || seen.startedAtMs === 0) return;
    this.#tellBoot(seen);
    if (seen.report === null || this.#isOver) return;
    this.#isOver = true;
    this.#tellShutdown(seen, seen.report);
  }

  /** The boot itself once; a stage that outlasts it when it is looked at again. */
  #tellBoot(seen: LifecycleSnapshot): void {
    const endMs = seen.readyAtMs ?? seen.shuttingDownAtMs ?? seen.stoppedAtMs ?? seen.startedAtMs;
    if (this.#boot === undefined) {
      const root = this.#start('tidegate.boot', seen.startedAtMs, {});
      if (seen.readyAtMs === null) fail(root, 'it ended before it was ready');
      root.end(timeOf(Math.max(seen.startedAtMs, endMs)));
      this.#boot = root.spanContext();
    }
    const untold = stagesOf(seen, endMs).filter(({ name }) => !this.#told.has(name));
    for (const stage of untold) {
      this.#told.add(stage.name);
      this.#tellPart(stage, this.#boot);
    }
  }

  #tellShutdown(seen: LifecycleSnapshot, report: Readonly<ShutdownReport>): void {
    const root = this.#start('tidegate.shutdown', report.startedAtMs, {
      ...(report.trigger !== null && { 'tidegate.shutdown.trigger': report.trigger }),
      'tidegate.shutdown.drained': report.drained,
      'tidegate.shutdown.taken_over': report.takenOver,
    });
    for (const [name, atMs] of [
      ['draining', seen.drainingAtMs],
      ['shutting_down', seen.shuttingDownAtMs],
    ] as const) {
      if (atMs !== null) root.addEvent(name, timeOf(atMs));
    }
    const parts = stepsOf(report, seen.stepEndsMs);
    const failed = parts.filter(({ error }) => error !== undefined).map(({ name }) => name);
    if (!report.drained) fail(root, 'not everything in flight had ended in time');
    else if (failed.length > 0) fail(root, `not ok: ${failed.join(', ')}`);
    root.end(timeOf(Math.max(report.startedAtMs, report.completedAtMs)));
    for (const part of parts) this.#tellPart(part, root.spanContext());
  }

  /** The shutdown is a trace of its own, days after the boot, and linked to it. */
  #start(name: string, startMs: number, attributes: Attributes): Span {
    const links = this.#boot === undefined ? [] : [{ context: this.#boot }];
    const options = { root: true, startTime: timeOf(startMs), attributes, links };
    return this.#tracer.startSpan(name, options, ROOT_CONTEXT);
  }

  #tellPart({ name, startMs, endMs, attributes, error }: Part, parent: SpanContext): void {
    const options = { startTime: timeOf(startMs), attributes };
    const span = this.#tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, parent));
    if (error !== undefined) fail(span, error);
    span.end(timeOf(endMs));
  }
}

/** Stages that have ended, and, if the boot failed, those that it left under way. */
function stagesOf({ coldStart, readyAtMs }: LifecycleSnapshot, bootEndMs: number): Part[] {
  const all = [
    ['restore', coldStart.restoreStartedAtMs, coldStart.restoreReadyAtMs] as const,
    ['wal_replay', coldStart.walReplayStartedAtMs, coldStart.walReplayReadyAtMs] as const,
    ['index_warmup', coldStart.indexWarmupStartedAtMs, coldStart.indexWarmupReadyAtMs] as const,
    ...coldStart.stages.map(
      ({ name, startedAtMs, readyAtMs: endedAtMs }) => [name, startedAtMs, endedAtMs] as const,
    ),
  ];
  const hasFailed = readyAtMs === null;
  return all.flatMap(([name, startMs, endedMs]): Part[] => {
    const endMs = endedMs === 0 && hasFailed ? bootEndMs : endedMs;
    // As in the metrics: a clock that stepped back makes no span.
    if (startMs === 0 || endMs < startMs) return [];
    const error = endedMs === 0 ? 'it had not ended when the boot did' : undefined;
    return [{ name, startMs, endMs, attributes: { 'tidegate.stage': name }, error }];
  });
}

/**
 * A step began as long before its end as it took. Where a report does not say when that was (an
 * application made it), its steps are taken to have run one after the other up to its completion.
 */
function stepsOf(report: Readonly<ShutdownReport>, ends: readonly (number | null)[]): Part[] {
  const { startedAtMs, steps } = report;
  const completedAtMs = Math.max(startedAtMs, report.completedAtMs);
  let nextMs = completedAtMs;
  const parts: Part[] = [];
  for (const [index, { name, status, durationMs, error }] of [...steps.entries()].reverse()) {
    const saidMs = ends[index] ?? null;
    const endMs = saidMs === null ? nextMs : Math.min(startedAtMs + saidMs, completedAtMs);
    const startMs = Math.max(startedAtMs, endMs - durationMs);
    const attributes = { 'tidegate.step': name, 'tidegate.step.status': status };
    parts.unshift({ name, startMs, endMs, attributes, error: errorOf(status, error) });
    nextMs = startMs;
  }
  return parts;
}

function errorOf(status: StepReport['status'], error: string | undefined): string | undefined {
  return status === 'ok' || status === 'skipped' ? undefined : (error ?? status);
}

function fail(span: Span, message: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** As a pair, since a number below the age of the process would be taken for `performance.now()`. */
function timeOf(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
