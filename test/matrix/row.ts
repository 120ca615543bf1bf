/**
 * A row of the matrix: a place, what it is known to lack, and how all suites are run there. How an
 * account becomes the cells of the row, and what makes a row fail that has no failed case.
 *
 * @module
 */

import {
  type Account,
  DEFAULTS,
  type Failure,
  planOf,
  type Whereabouts,
} from '../conformance/harness.ts';
import { SUBJECTS, type SubjectName, subjectNamed } from '../conformance/suite.ts';
import { SUITES } from '../conformance/suites.ts';
import type { Assignment } from './assignment.ts';
import { CROSSING, CROSSING_CASES } from './program/crossing.ts';

/** The room of the claims of where a row ran. */
export const WHERE = 'where';

/** The columns, in order. */
export const COLUMNS: readonly string[] = [
  WHERE,
  DEFAULTS,
  ...SUITES.map(({ name }) => name),
  CROSSING,
];

/** What a place must say of itself. */
export type Claim = readonly [what: string, found: unknown, wanted: unknown];

/** A place where everything is run. */
export interface Row {
  /** With its version. */
  readonly runtime: string;
  readonly place: string;
  readonly assignment: Assignment;
  /** False where there is no second thread to cross to. */
  readonly hasThreads: boolean;
  /** Compares what the place says of itself with what it is said to be. */
  where(where: Whereabouts): readonly Claim[];
  run(): Promise<Account>;
}

/** A place that is not to be had on this machine. */
export interface AbsentRow {
  readonly runtime: string;
  readonly place: string;
  /** The reason, and what would lift it. */
  readonly absent: string;
}

/** One cell. */
export interface Cell {
  passed: number;
  failed: number;
  skipped: number;
}

/** What a row came to. */
export interface Result {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly failures: readonly Pick<Failure, 'suite' | 'title' | 'error'>[];
  /** Each reason for a skip, with its number of cases. */
  readonly skips: ReadonlyMap<string, number>;
}

/** Runs a row. Never rejects: a row that breaks has failed. */
export async function resultOf(row: Row): Promise<Result> {
  try {
    return counted(row, await row.run());
  } catch (error) {
    return broken(WHERE, 'the row runs', String(error));
  }
}

/** A row of one failure. */
export function broken(suite: string, title: string, error: string): Result {
  return {
    cells: new Map([[suite, { passed: 0, failed: 1, skipped: 0 }]]),
    failures: [{ suite, title, error }],
    skips: new Map(),
  };
}

/** A row that is skipped as a whole. */
export function skippedResult({ absent }: AbsentRow): Result {
  const cells = new Map<string, Cell>();
  let sum = 0;
  for (const { suite, cases } of plan(true)) {
    cellOf(cells, suite).skipped += cases;
    sum += cases;
  }
  return { cells, failures: [], skips: new Map([[absent, sum]]) };
}

function counted(row: Row, { where, tallies, failures }: Account): Result {
  const cells = new Map<string, Cell>();
  const skips = new Map<string, number>();
  const found: Pick<Failure, 'suite' | 'title' | 'error'>[] = [...failures];
  for (const { suite, passed, failed, skipped, why } of tallies) {
    const cell = cellOf(cells, suite);
    cell.passed += passed;
    cell.failed += failed;
    cell.skipped += skipped;
    if (why !== null) skips.set(why, (skips.get(why) ?? 0) + skipped);
  }
  // An account that is short of cases would look as green as a whole one.
  const complete = plan(row.hasThreads).map(({ suite, subject, cases }): Claim => {
    const told = tallies.filter((tally) => tally.suite === suite && tally.subject === subject);
    const sum = told.reduce(
      (all, { passed, failed, skipped }) => all + passed + failed + skipped,
      0,
    );
    return [`all of ${suite} with ${subject}`, sum, cases];
  });
  const isComplete: Claim = ['every case of every suite', complete.filter(isWrong), []];
  for (const claim of [...row.where(where), isComplete]) {
    const [what, is, wanted] = claim;
    const cell = cellOf(cells, WHERE);
    if (!isWrong(claim)) {
      cell.passed += 1;
      continue;
    }
    cell.failed += 1;
    const error = `${JSON.stringify(is)} is not ${JSON.stringify(wanted)}`;
    found.push({ suite: WHERE, title: what, error });
  }
  return { cells, failures: found, skips };
}

/** Every cell with the number of cases that any place has there, run or skipped. */
function plan(
  hasThreads: boolean,
): { readonly suite: string; readonly subject: SubjectName; readonly cases: number }[] {
  return SUBJECTS.flatMap((subject, index) => {
    const suites = planOf(subjectNamed(subject)).map(({ suite, behaviours }) => ({
      suite,
      subject,
      cases: behaviours.length,
    }));
    // One for each subject, and one for no options at all, which is told with the first.
    suites.push({ suite: DEFAULTS, subject, cases: index === 0 ? 2 : 1 });
    if (hasThreads && subjectNamed(subject).isShared) {
      suites.push({ suite: CROSSING, subject, cases: CROSSING_CASES });
    }
    return suites;
  });
}

function isWrong([, found, wanted]: Claim): boolean {
  return JSON.stringify(found) !== JSON.stringify(wanted);
}

function cellOf(cells: Map<string, Cell>, suite: string): Cell {
  const cell = cells.get(suite) ?? { passed: 0, failed: 0, skipped: 0 };
  cells.set(suite, cell);
  return cell;
}
