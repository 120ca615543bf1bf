/**
 * Runs the conformance suites under vitest: both backends, shared memory and unshared, on whichever
 * runtime this is.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { planOf } from './harness.ts';
import { SUBJECTS, subjectNamed } from './suite.ts';

it('runs on the runtime that it is said to run on', () => {
  const { Deno, Bun } = globalThis as { readonly Deno?: unknown; readonly Bun?: unknown };
  const runtime = Deno !== undefined ? 'deno' : Bun !== undefined ? 'bun' : 'node';
  expect(runtime).toBe(process.env.TEST_RUNTIME ?? runtime);
});

for (const name of SUBJECTS) {
  describe(name, () => {
    const subject = subjectNamed(name);
    for (const { suite, behaviours } of planOf(subject)) {
      describe(suite, () => {
        for (const { title, run } of behaviours) it(title, () => run(subject));
      });
    }
  });
}
