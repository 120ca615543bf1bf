/**
 * The record of a run as text: one JSON object a line, each appended to those before it. It says what
 * a line is, and what the lines together tell of how the run ended; it reads and writes no file.
 *
 * Lines are appended and never changed, so whatever moment ends the process, all lines before it are
 * whole. One that is cut, by a full disk say, is passed over.
 *
 * @module
 */

import { PHASE_NAMES, type PhaseName } from '../../lifecycle/phase.ts';
import type { PreviousRun, RunOutcome } from '../../lifecycle/previous-run.ts';
import type { StepStatus } from '../../lifecycle/report.ts';

/** What a line tells of. */
export type LineEvent =
  /** The first one: the record was begun. */
  | 'started'
  /** A phase was entered. */
  | 'phase'
  | 'accepted'
  | 'step_started'
  | 'step_ended'
  /** An error that nobody caught. */
  | 'crashed'
  /** The probe thread kills the process. */
  | 'out_of_budget'
  /** The process ends itself. */
  | 'exited'
  /** `handleSignals` was undone: nobody keeps the record any more. */
  | 'undone';

/** The version of the form, in the first line. */
const VERSION = 1;
/** What an error says may be long. */
const ERROR_CHARACTERS = 200;
const STATUSES = ['running', 'ok', 'failed', 'skipped', 'timed_out'] as const;

/** One line, with its end. */
export function lineOf(event: LineEvent, more: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ event, atMs: Date.now(), ...more })}\n`;
}

/** The first line. */
export function firstLine(more: Readonly<Record<string, unknown>>): string {
  return lineOf('started', { tidegate: VERSION, ...more });
}

/** The first line of what an error says. Anything can be thrown. */
export function errorLine(error: unknown): string {
  try {
    return (String(error).split('\n', 1)[0] ?? '').slice(0, ERROR_CHARACTERS);
  } catch {
    return 'an object without a string form';
  }
}

/** A step as far as it came. */
interface Reached {
  readonly name: string;
  readonly status: StepStatus | 'running';
}

/**
 * What a record tells.
 *
 * @param isAlive whether the process that kept it still runs, by its number and its mark
 * @returns `null` for a record that somebody has ended by undoing it; `undefined` for what is no record
 */
export function readRecord(
  text: string,
  isAlive: (pid: number, mark: string | null) => boolean,
): PreviousRun | null | undefined {
  const lines = text.split('\n').flatMap(parsed);
  const [first] = lines;
  const pid = number(first?.pid);
  const startedAtMs = number(first?.startedAtMs);
  if (first?.tidegate !== VERSION || pid === null || startedAtMs === null) return undefined;
  const of = (event: LineEvent): Line | undefined => lines.find((line) => line.event === event);
  if (of('undone') !== undefined) return null;
  const phases = lines.map(({ phase }) => phase).filter(isPhase);
  const phase = phases.at(-1) ?? 'starting';
  const [accepted, crash, cut] = [of('accepted'), of('crashed'), of('out_of_budget')];
  // The last one: what was foreseen when the waits after Stopped were over may have been changed.
  const exit = lines.findLast(({ event }) => event === 'exited');
  const isFine = phase === 'stopped' && lines.every(({ ok }) => ok !== false);
  const outcome = (): RunOutcome => {
    if (cut !== undefined) return 'out_of_budget';
    if (exit !== undefined) {
      if (isFine && exit.exitCode === 0) return 'clean';
      if (crash !== undefined) return 'crashed';
      return phase === 'stopped' ? 'failed' : 'exited';
    }
    // Not every runtime tells its listeners of an exit after an uncaught error.
    if (crash !== undefined && accepted === undefined) return 'crashed';
    return isAlive(pid, string(first.mark)) ? 'running' : 'killed';
  };
  const how = outcome();
  const ready = lines.find((line) => line.event === 'phase' && line.phase === 'ready');
  const end = cut ?? exit ?? (how === 'crashed' ? crash : undefined);
  const step = reached(lines);
  return {
    outcome: how,
    pid,
    startedAtMs,
    readyAtMs: number(first.readyAtMs) ?? number(ready?.enteredAtMs),
    acceptedAtMs: number(accepted?.atMs),
    endedAtMs: number(end?.atMs),
    lastSeenAtMs: number(lines.at(-1)?.atMs) ?? startedAtMs,
    trigger: string(accepted?.trigger),
    phase,
    step: step?.name ?? null,
    stepStatus: step?.status ?? null,
    exitCode: cut === undefined ? number(exit?.exitCode) : null,
    error: string(crash?.error),
  };
}

type Line = Readonly<Record<string, unknown>>;

/** None, if it is cut. */
function parsed(line: string): Line[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value as Line] : [];
  } catch {
    return [];
  }
}

/** The step that tells most of how it ended. */
function reached(lines: readonly Line[]): Reached | undefined {
  const steps: Map<string, Reached> = new Map();
  for (const { event, step, status: ended } of lines) {
    if (event !== 'step_started' && event !== 'step_ended') continue;
    const name = string(step);
    const status = STATUSES.find((each) => each === (event === 'step_ended' ? ended : 'running'));
    if (name === null || status === undefined) continue;
    // Once more, so that the last one is the last that a line says something about.
    steps.delete(name);
    steps.set(name, { name, status });
  }
  const all = [...steps.values()];
  return (
    all.findLast(({ status }) => status === 'running') ??
    all.find(({ status }) => status === 'failed' || status === 'timed_out') ??
    all.at(-1)
  );
}

function isPhase(value: unknown): value is PhaseName {
  return PHASE_NAMES.some((name) => name === value);
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function string(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, ERROR_CHARACTERS) : null;
}
