/**
 * `npm test`: the whole gate. Checks, then every suite on every runtime that npm installs, and one
 * last line that sums what ran. It tests nothing itself.
 *
 * @module
 */

import { Gate } from './gate/gate.js';

const VITEST = 'node_modules/vitest/vitest.mjs';

/** Suites that are the same on every runtime; the rest is about Node, or starts the others itself. */
const EVERYWHERE = [
  'test/core',
  'test/conformance',
  'test/http',
  'test/opentelemetry/observables',
  'test/opentelemetry/spans',
  'test/threads/races',
  'test/threads/waits',
  'test/threads/litmus',
];

const RUNS = [
  { runtime: 'node', command: ['node', VITEST], suites: [] },
  { runtime: 'deno', command: ['node_modules/.bin/deno', 'run', '-A', VITEST], suites: EVERYWHERE },
  { runtime: 'bun', command: ['node_modules/.bin/bun', '--bun', VITEST], suites: EVERYWHERE },
];

const gate = new Gate();
await gate.step('build', ['npm', 'run', '--silent', 'build']);
await gate.step('check', ['npm', 'run', '--silent', 'check']);
for (const { runtime, command, suites } of RUNS) {
  await gate.suite(`vitest on ${runtime}`, [...command, 'run', ...suites], {
    TIDEGATE_RUNTIME: runtime,
  });
}
process.exitCode = gate.end();
