/**
 * Runs the conformance suites where no test framework does: in a page, in a worker, in an isolate
 * on the edge, in a bare process. It is a function that returns plain data, which can be posted.
 * It imports nothing of any runtime, and does nothing at module scope, where the edge has no timers.
 *
 * @module
 */

import { throws } from './claims.ts';
import { type Behaviour, SUBJECTS, type Subject, type SubjectName, subjectNamed } from './suite.ts';
import { SUITES } from './suites.ts';

/** A subject that a place cannot have. That it cannot is checked, not believed. */
export interface Missing {
  readonly subject: SubjectName;
  /** The code of the error that `create()` must throw when it is asked for. */
  readonly code: string;
  /** The reason, and what would lift it. */
  readonly why: string;
}

/** What a place is asked to run. Plain data. */
export interface Task {
  readonly missing: readonly Missing[];
  /** A behaviour that takes longer has failed: it hangs. */
  readonly timeoutMs: number;
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

/** Runs every behaviour of every suite with every subject that this place has. */
export async function conform(task: Task): Promise<Account> {
  const tallies: Tally[] = [];
  const failures: Failure[] = [];
  for (const name of SUBJECTS) {
    const missing = task.missing.find(({ subject }) => subject === name);
    const subject = subjectNamed(name);
    if (missing !== undefined) {
      const refused = async (): Promise<void> => mustRefuse(subject, missing);
      const error = await failureOf(refused, task.timeoutMs);
      const title = `create() refuses it with ${missing.code}`;
      if (error !== null) failures.push({ suite: REFUSALS, subject: name, title, error });
      const [passed, failed] = error === null ? [1, 0] : [0, 1];
      tallies.push({ suite: REFUSALS, subject: name, passed, failed, skipped: 0, why: null });
    }
    for (const { suite, behaviours } of planOf(subject)) {
      const skips = behaviours.map((behaviour) => missing?.why ?? whyNot(behaviour, task));
      const tally = { passed: 0, failed: 0, skipped: 0 };
      for (const [index, behaviour] of behaviours.entries()) {
        if (skips[index] !== null) {
          tally.skipped += 1;
          continue;
        }
        const error = await failureOf(async () => behaviour.run(subject), task.timeoutMs);
        if (error === null) {
          tally.passed += 1;
        } else {
          tally.failed += 1;
          failures.push({ suite, subject: name, title: behaviour.title, error });
        }
      }
      tallies.push({
        suite,
        subject: name,
        ...tally,
        why: skips.find((why) => why !== null) ?? null,
      });
    }
  }
  return { where: whereabouts(), tallies, failures };
}

/** The room of the checks that what is missing is refused. */
export const REFUSALS = 'refusals';

/** All that there is to run with a subject, skipped or not: the same in every place. */
export function planOf({
  isShared,
}: Pick<Subject, 'isShared'>): { readonly suite: string; readonly behaviours: Behaviour[] }[] {
  return SUITES.map(({ name, behaviours }) => ({
    suite: name,
    behaviours: behaviours.filter(({ needsShared = false }) => isShared || !needsShared),
  }));
}

/** A behaviour that needs the other backend, too, where that one is missing. */
function whyNot({ needsBoth = false }: Behaviour, { missing }: Task): string | null {
  return needsBoth ? (missing[0]?.why ?? null) : null;
}

function mustRefuse({ create }: Subject, { code }: Missing): void {
  throws(() => create(), code);
}

/** What a behaviour fails with, or null. A rejection is one, and so is the time-out. */
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
