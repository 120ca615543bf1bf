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
/**
 * Their files start no process and install nothing for good, so they share one: a new process for each
 * file takes about as long as its tests. Bun becomes slower from file to file, and gets a new one.
 */
const ISOLATION = { node: ['--no-isolate'], deno: ['--no-isolate'], bun: [] };

/** What compares times: nothing else runs meanwhile. */
const ALONE = ['test/bench/cold-start', 'test/proxy/silent'];

/**
 * Parts that mostly wait, for processes, sockets and timers, the longest first, so that none is left
 * over at the end. A folder that is in no part is in one of its own, with all the others like it.
 */
const WAITING = [
  ['ends', 'runtime'],
  ['packages', 'page', 'cli', 'parent'],
  ['examples', 'deploy', 'prometheus'],
  ['proxy', 'clocks'],
  ['frameworks'],
  ['cycles'],
];
const WAITING_AT_ONCE = 3;

/** What keeps every core busy and asserts no time. Two at once fill the pauses of each other. */
const BUSY = ['loom', 'threads'];
const BUSY_EVERYWHERE = ['test/threads/races', 'test/threads/waits', 'test/threads/litmus'];
const BUSY_AT_ONCE = 2;

const named = [...WAITING.flat(), ...BUSY];
const others = readdirSync('test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => !named.includes(name) && !EVERYWHERE.includes(`test/${name}/`));
const without = [...ALONE, ...EVERYWHERE].flatMap((path) => ['--exclude', `${path}**`]);

const gate = new Gate();

/** A run of vitest, to be started when its turn comes. */
const suite = (name, runtime, args) => () =>
  gate.suite(name, [...COMMANDS[runtime], ...args], { TEST_RUNTIME: runtime });

/** The suites of some folders, on Node. */
const folders = (names) =>
  suite(`node: ${names.join(', ')}`, 'node', [...names.map((name) => `test/${name}/`), ...without]);

await gate.step('build', ['npm', 'run', '--silent', 'build']);
await gate.sideBySide(WAITING_AT_ONCE, [
  ...[others, ...WAITING].map(folders),
  ...Object.keys(COMMANDS).map((runtime) =>
    suite(runtime, runtime, [...EVERYWHERE, ...ISOLATION[runtime]]),
  ),
  () => gate.step('check', ['npm', 'run', '--silent', 'check']),
]);
await gate.sideBySide(BUSY_AT_ONCE, [
  folders(['threads']),
  folders(['loom']),
  suite('bun: threads', 'bun', BUSY_EVERYWHERE),
  suite('deno: threads', 'deno', BUSY_EVERYWHERE),
]);
await suite('node, alone', 'node', ALONE)();
process.exitCode = gate.end();
