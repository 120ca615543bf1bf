/**
 * `npm test`: the whole gate. Checks, then every suite on every runtime that npm installs, and one
 * last line that sums what ran. It tests nothing itself.
 *
 * @module
 */

import { readdirSync } from 'node:fs';
import { Gate } from './gate/gate.js';

const VITEST = 'node_modules/vitest/vitest.mjs';

/** How vitest is started on each runtime. */
const COMMANDS = {
  node: ['node', VITEST, 'run'],
  deno: ['node_modules/.bin/deno', 'run', '-A', VITEST, 'run'],
  bun: ['node_modules/.bin/bun', '--bun', VITEST, 'run'],
};

/** Suites that are the same on every runtime; the rest is about Node, or starts the others itself. */
const EVERYWHERE = [
  'test/core/',
  'test/conformance/',
  'test/http/',
  'test/opentelemetry/observables',
  'test/opentelemetry/spans',
];

/** What keeps every core busy, or compares times: nothing else runs meanwhile. */
const THREADS_EVERYWHERE = ['test/threads/races', 'test/threads/waits', 'test/threads/litmus'];
const ALONE = ['test/threads/', 'test/bench/cold-start', 'test/proxy/silent'];

/**
 * Parts of Node's run, the longest first, so that none is left over at the end. A folder that is in
 * none of them is in a part of its own, with all the others like it.
 */
const PARTS = [
  ['loom', 'cycles'],
  ['proxy', 'clocks'],
  ['frameworks'],
  ['examples', 'deploy', 'prometheus'],
  ['ends', 'runtime'],
  ['packages', 'page', 'cli', 'parent'],
];

/** Parts that run side by side: most of the time they wait for processes, sockets and timers. */
const AT_ONCE = 2;

const named = PARTS.flat();
const others = readdirSync('test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !named.includes(entry.name))
  .map(({ name }) => name);
const without = ALONE.flatMap((path) => ['--exclude', `${path}**`]);

const gate = new Gate();

/** A run of vitest, to be started when its turn comes. */
const suite = (name, runtime, args) => () =>
  gate.suite(name, [...COMMANDS[runtime], ...args], { TEST_RUNTIME: runtime });

await gate.step('build', ['npm', 'run', '--silent', 'build']);
await gate.sideBySide(AT_ONCE, [
  ...[...PARTS, others].map((folders) =>
    suite(`node: ${folders.join(', ')}`, 'node', [
      ...folders.map((folder) => `test/${folder}/`),
      ...without,
    ]),
  ),
  suite('bun', 'bun', EVERYWHERE),
  suite('deno', 'deno', EVERYWHERE),
  () => gate.step('check', ['npm', 'run', '--silent', 'check']),
]);
await suite('node, alone', 'node', ALONE)();
await suite('deno, alone', 'deno', THREADS_EVERYWHERE)();
await suite('bun, alone', 'bun', THREADS_EVERYWHERE)();
process.exitCode = gate.end();
