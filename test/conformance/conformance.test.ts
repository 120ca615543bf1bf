/**
 * Runs the conformance suites under vitest: both backends, shared memory and unshared, on whichever
 * runtime this is.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { coldStart } from './cold-start.ts';
import { gate } from './gate.ts';
import { phases } from './phases.ts';
import { reason } from './reason.ts';
import { report } from './report.ts';
import { seats } from './seats.ts';
import { shutdown } from './shutdown.ts';
import { subjectOf } from './suite.ts';
import { waiting } from './waiting.ts';

const SUITES = [phases, coldStart, reason, gate, waiting, shutdown, report, seats];

it('runs on the runtime that it is said to run on', () => {
  const { Deno, Bun } = globalThis as { readonly Deno?: unknown; readonly Bun?: unknown };
  const runtime = Deno !== undefined ? 'deno' : Bun !== undefined ? 'bun' : 'node';
  expect(runtime).toBe(process.env.TIDEGATE_RUNTIME ?? runtime);
});

for (const backend of ['wasm', 'atomics'] as const) {
  for (const isShared of [true, false]) {
    const subject = subjectOf(backend, isShared);
    describe(`${backend} on ${isShared ? 'shared' : 'unshared'} memory`, () => {
      for (const { name, behaviours } of SUITES) {
        describe(name, () => {
          for (const { title, needsShared = false, run } of behaviours) {
            if (!needsShared || isShared) it(title, () => run(subject));
          }
        });
      }
    });
  }
}
