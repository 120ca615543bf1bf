/**
 * Runs the conformance suites where no test framework does: in a page, in a worker, in an isolate
 * on the edge, in a bare process. It is a function that returns plain data, which can be posted.
 * It imports nothing of any runtime, and does nothing at module scope, where the edge has no timers.
 *
 * @module
 */

import { Lifecycle } from '../../src/index.ts';
import { equal, holds, throws } from './claims.ts';
import { type Behaviour, SUBJECTS, type Subject, type SubjectName, subjectNamed } from './suite.ts';
import { SUITES } from './suites.ts';

/** A subject that a place cannot have. That it cannot is checked, not believed. */
export interface Missing {
  readonly subject: SubjectName;
  /** The code of the error that `create()` must throw when it is asked for. */
  readonly code: string;
  /** What its message must say. */
  readonly says: string;
  /** The reason, and what would lift it. */
  readonly why: string;
}

/** What a place is asked to run. Plain data. */
export interface Task {
  readonly missing: readonly Missing[];
  /** A behaviour that takes longer has failed: it hangs. */
  readonly timeoutMs: number;
  /** Why the clocks do not move while code runs, where they do not. */
  readonly frozen?: string;
}

/** What one suite came to with one subject. */
export interface Tally {
  readonly suite: string;
  readonly subject: SubjectName;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why some were skipped. */
  readonly why: string | null;
}

/** What did not hold. */
export interface Failure {
  readonly suite: string;
  readonly subject: SubjectName;
  readonly title: string;
  readonly error: string;
}

/** Where it ran, as the place itself says. `null` is what a place does not have. */
export interface Whereabouts {
  readonly userAgent: string | null;
  /** The class of the global object: `Window`, `DedicatedWorkerGlobalScope`, … */
  readonly scope: string;
  readonly crossOriginIsolated: boolean | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly hasWebAssembly: boolean;
  readonly hasSharedArrayBuffer: boolean;
}

/** What a place answers. Plain data. */
export interface Account {
  readonly where: Whereabouts;
  readonly tallies: readonly Tally[];
  readonly failures: readonly Failure[];
}

/** One case of a suite: a sentence, why it cannot be here, and the proof. */
export interface Case {
  readonly title: string;
  readonly skip: string | null;
  run(): void | Promise<void>;
}

/** The room of the checks of what is there by default, and of what is missing. */
export const DEFAULTS = 'defaults';

/** Runs every behaviour of every suite with every subject that this place has. */
export async function conform(task: Task): Promise<Account> {
  const reckoning = new Reckoning(task);
  for (const name of SUBJECTS) {
    const subject = subjectNamed(name);
    const missing = missingIn(task, name);
    await reckoning.add(DEFAULTS, name, [
      {
        title: missing === undefined ? 'create() makes it' : `create() says ${missing.code}`,
        skip: null,
        run: () => mustBeThere(subject, missing),
      },
    ]);
    for (const { suite, behaviours } of planOf(subject)) {
      const cases = behaviours.map((behaviour) => ({
        title: behaviour.title,
        skip: missing?.why ?? whyNot(behaviour, task),
        run: () => behaviour.run(subject),
      }));
      await reckoning.add(suite, name, cases);
    }
  }
  await reckoning.add(DEFAULTS, SUBJECTS[0], [
    { title: 'create() without options', skip: null, run: () => mustBeDefault(task) },
  ]);
  return reckoning.account();
}

/** All that there is to run with a subject, skipped or not: the same in every place. */
export function planOf({
  isShared,
}: Pick<Subject, 'isShared'>): { readonly suite: string; readonly behaviours: Behaviour[] }[] {
  return SUITES.map(({ name, behaviours }) => ({
    suite: name,
    behaviours: behaviours.filter(({ needsShared = false }) => isShared || !needsShared),
  }));
}

/** What a task says of a subject that the place cannot have. */
export function missingIn({ missing }: Task, name: SubjectName): Missing | undefined {
  return missing.find(({ subject }) => subject === name);
}

/** What a case needs that not every place has. */
export interface Needs {
  readonly needsBoth?: boolean;
  readonly needsRunningClock?: boolean;
}

/** Why a case cannot be here: one of the backends is missing, or a clock that it could wait for. */
export function whyNot(
  { needsBoth = false, needsRunningClock = false }: Needs,
  { missing, frozen }: Task,
): string | null {
  if (needsRunningClock && frozen !== undefined) return frozen;
  return needsBoth ? (missing[0]?.why ?? null) : null;
}

/** Runs cases one after the other, and counts. */
export class Reckoning {
  readonly #task: Task;
  readonly #tallies: Tally[] = [];
  readonly #failures: Failure[] = [];

  constructor(task: Task) {
    this.#task = task;
  }

  async add(suite: string, subject: SubjectName, cases: readonly Case[]): Promise<void> {
    const tally = { passed: 0, failed: 0, skipped: 0 };
    for (const { title, skip, run } of cases) {
      if (skip !== null) {
        tally.skipped += 1;
        continue;
      }
      const error = await failureOf(async () => run(), this.#task.timeoutMs);
      if (error === null) {
        tally.passed += 1;
      } else {
        tally.failed += 1;
        this.#failures.push({ suite, subject, title, error });
      }
    }
    const why = cases.find(({ skip }) => skip !== null)?.skip ?? null;
    this.#tallies.push({ suite, subject, ...tally, why });
  }

  account(): Account {
    return { where: whereabouts(), tallies: this.#tallies, failures: this.#failures };
  }
}

function mustBeThere({ create, backend }: Subject, missing: Missing | undefined): void {
  if (missing === undefined) equal(create().backend, backend);
  else mustSay(() => create(), missing);
}

/** The wasm backend, on memory that can be shared where that can be; no silent fallback. */
function mustBeDefault(task: Task): void {
  const unshared = missingIn(task, 'wasm on unshared memory');
  if (unshared !== undefined) {
    mustSay(() => Lifecycle.create(), unshared);
    return;
  }
  const lifecycle = Lifecycle.create();
  equal(lifecycle.backend, 'wasm');
  const shared = missingIn(task, 'wasm on shared memory');
  if (shared === undefined) equal(Object.keys(lifecycle.share()), ['tidegate']);
  else mustSay(() => lifecycle.share(), shared);
  equal(lifecycle.markReady(), true);
}

function mustSay(call: () => unknown, { code, says }: Missing): void {
  const error = throws(call, code);
  holds(String(error).includes(says), `${error} does not say ${says}`);
}

/** What a case fails with, or null. A rejection is one, and so is the time-out. */
async function failureOf(run: () => Promise<void>, timeoutMs: number): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not over after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([run(), late]);
    return null;
  } catch (error) {
    return error instanceof Error ? `${error}\n${error.stack}` : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function whereabouts(): Whereabouts {
  const { navigator, crossOriginIsolated, process, Deno, Bun } = globalThis as {
    readonly navigator?: { readonly userAgent?: string };
    readonly crossOriginIsolated?: boolean;
    readonly process?: { readonly versions?: Readonly<Record<string, string>> };
    readonly Deno?: { readonly version: { readonly deno: string } };
    readonly Bun?: { readonly version: string };
  };
  const versions: Record<string, string> = {};
  if (process?.versions?.node !== undefined) versions.node = process.versions.node;
  if (Deno !== undefined) versions.deno = Deno.version.deno;
  if (Bun !== undefined) versions.bun = Bun.version;
  return {
    userAgent: navigator?.userAgent ?? null,
    scope: globalThis.constructor.name,
    crossOriginIsolated: crossOriginIsolated ?? null,
    versions,
    hasWebAssembly: typeof WebAssembly === 'object',
    hasSharedArrayBuffer: typeof SharedArrayBuffer === 'function',
  };
}
