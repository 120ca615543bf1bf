/**
 * `npm test`: the whole gate. Checks, then every suite on every runtime that npm installs, and one
 * last line that sums what ran. It tests nothing itself.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

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

const total = { passed: 0, failed: 0, skipped: 0 };

mkdirSync('build', { recursive: true });
step('build', ['npm', 'run', '--silent', 'build']);
step('check', ['npm', 'run', '--silent', 'check']);
for (const run of RUNS) suite(run);

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** Runs a command that passes or fails as a whole. */
function step(name, [command, ...args]) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) total.passed += 1;
  else total.failed += 1;
}

/** Runs vitest on one runtime, and counts by its JSON report: exit codes alone hide vacuous runs. */
function suite({ runtime, command, suites }) {
  console.log(`\n== vitest on ${runtime}`);
  const report = `build/test-${runtime}.json`;
  rmSync(report, { force: true });
  const [program, ...args] = command;
  const { status } = spawnSync(
    program,
    [...args, 'run', ...suites, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
    { stdio: 'inherit', env: { ...process.env, TIDEGATE_RUNTIME: runtime } },
  );
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.log(`no report from ${runtime}: ${error.message}`);
  }
  total.passed += counts.numPassedTests;
  total.skipped += counts.numPendingTests + counts.numTodoTests;
  // A file that does not load, or a runner that dies, has failed even if no test did.
  const failed = counts.numFailedTests || (status === 0 && counts.numPassedTests > 0 ? 0 : 1);
  total.failed += failed;
  console.log(`${runtime}: ${counts.numPassedTests} passed, ${failed} failed`);
}
