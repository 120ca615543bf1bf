/**
 * The rows of the edge: an isolate of workerd, at the current compatibility date and at the oldest
 * supported one, and with clocks that stand still while code runs, as they do in production.
 *
 * @module
 */

import type { Readable } from 'node:stream';
import type { Account, Missing, Task, Whereabouts } from '../conformance/harness.ts';
import {
  CURRENT_DATE,
  OLDEST_DATE,
  type Program,
  programAt,
  start,
  WORKERD,
} from '../edge/isolates.ts';
import type { Assignment } from './assignment.ts';
import type { Claim, Row } from './row.ts';

const BEHAVIOUR_MS = 60_000;
const ROW_MS = 300_000;
const TAIL_LENGTH = 2_000;

/** An isolate is one thread. */
const NOT_SHARED: readonly Missing[] = (
  ['wasm on shared memory', 'atomics on shared memory'] as const
).map((subject) => ({
  subject,
  code: 'cannot_share',
  says: 'an edge isolate has no other thread',
  why: 'an isolate has no threads to share memory with; nothing would lift it',
}));

/** What the clocks of production cannot have. */
const FROZEN =
  'no code can keep its thread busy until a time that stands still meanwhile; the other rows do';

/** Bundles the programs and names the rows. */
export async function isolateRows(): Promise<Row[]> {
  const usual = await programOf('isolate');
  const frozen = await programOf('isolate-frozen');
  return [
    rowOf(usual, CURRENT_DATE, `current date, ${CURRENT_DATE}`),
    rowOf(usual, OLDEST_DATE, `oldest date, ${OLDEST_DATE}`),
    rowOf(frozen, CURRENT_DATE, 'frozen clocks', FROZEN),
  ];
}

/** The last of what a process prints. */
class Tail {
  text = '';

  readonly of = (...streams: Readable[]): void => {
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text = (this.text + text).slice(-TAIL_LENGTH);
      });
    }
  };
}

function programOf(name: string): Promise<Program> {
  return programAt(`test/matrix/program/${name}.ts`, `build/matrix/workerd/${name}.js`);
}

function rowOf(modules: Program, compatibilityDate: string, place: string, frozen?: string): Row {
  const task: Task = {
    missing: NOT_SHARED,
    timeoutMs: BEHAVIOUR_MS,
    ...(frozen !== undefined && { frozen }),
  };
  const assignment: Assignment = { thread: 'main', task };
  return {
    runtime: `workerd ${WORKERD}`,
    place,
    assignment,
    hasThreads: false,
    where: claims,
    run: async () => {
      // Behaviours fail on purpose and say so, as many lines a row; a row that breaks shows the last.
      const printed = new Tail();
      const isolates = await start([{ name: 'isolate', modules, compatibilityDate }], {
        handleRuntimeStdio: printed.of,
      });
      try {
        const answer = await isolates.ask('isolate', '/', {
          method: 'POST',
          body: JSON.stringify(task),
          signal: AbortSignal.timeout(ROW_MS),
        });
        if (answer.status !== 200) throw new Error(`${await answer.text()}\n${printed.text}`);
        // What it answers is what conform() returned there.
        return (await answer.json()) as Account;
      } finally {
        await isolates[Symbol.asyncDispose]();
      }
    },
  };
}

function claims(where: Whereabouts): Claim[] {
  return [
    ['the user agent', where.userAgent, 'Cloudflare-Workers'],
    // With the compatibility dates of today it says which Node it is like.
    ['no other runtime', ['deno', 'bun'].filter((other) => other in where.versions), []],
    ['the thread', where.scope, 'ServiceWorkerGlobalScope'],
    ['WebAssembly', where.hasWebAssembly, true],
    ['no page', where.crossOriginIsolated, null],
  ];
}
