/**
 * A reporter for vitest: one line a test file with its time, below it what its tests printed and
 * what failed. For the gate it also writes a record of each file, as it ends, so that a run that
 * dies has one of what came before. It sums nothing: that is `gate.js`.
 *
 * It takes what is printed for the file that ends next: files run one after the other here.
 *
 * @module
 */

import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { alarming, failure, indent, seconds, unpainted } from './text.js';

/** Where a file's line has its first word, and what belongs to it. */
const INDENT = 6;

/** The file of the records, a JSON object a line: `{ begins }` and `{ file, … }` of each, `{ end }`. */
const record = process.env.TEST_RECORD;
/** What the gate says that it runs on. */
const runtime = process.env.TEST_RUNTIME;

/** Vitest wants a default export. */
export default class FileReporter {
  #beganMs = performance.now();
  #printed = '';

  onTestModuleQueued({ relativeModuleId }) {
    this.#beganMs = performance.now();
    write({ begins: relativeModuleId });
  }

  onUserConsoleLog({ content }) {
    this.#printed += unpainted(content);
  }

  onTestModuleEnd(module) {
    const file = module.relativeModuleId;
    const ms = performance.now() - this.#beganMs;
    const tests = [...module.children.allTests()].map((test) => test.result().state);
    const count = (state) => tests.filter((each) => each === state).length;
    const failures = failuresOf(module);
    const counts = { passed: count('passed'), failed: failures.length, skipped: count('skipped') };
    const shown = Object.entries(counts).filter(([, number]) => number > 0);
    const sum = shown.map(([name, number]) => `${number} ${name}`).join(', ') || 'no tests';
    const word = failures.length > 0 ? alarming('FAIL') : 'ok  ';
    const place = runtime === undefined ? file : `${runtime.padEnd(4)}  ${file}`;
    // In one piece: other parts of the gate print meanwhile.
    const lines = [`${word} ${seconds(ms)}  ${place}  ${sum}`];
    if (this.#printed !== '') lines.push(indent(this.#printed.trimEnd(), INDENT));
    lines.push(...failures.map((each) => indent(failure(each), INDENT)));
    say(lines.join('\n'));
    this.#printed = '';
    write({ file, ms, ...counts, failures });
  }

  onTestRunEnd(_modules, errors, reason) {
    const title = 'An error outside of any test';
    const failures = errors.map((error) => ({ title, message: messageOf(error) }));
    for (const each of failures) say(indent(failure(each), INDENT));
    write({ end: reason, failures });
  }
}

/** What failed in a file: tests, hooks around several of them, and the file itself. */
function failuresOf(module) {
  const outside = [module, ...module.children.allSuites()]
    .filter((each) => each.errors().length > 0)
    .map((each) => ({ title: each.fullName ?? 'the file', errors: each.errors() }));
  const tests = [...module.children.allTests('failed')].map((test) => ({
    title: test.fullName,
    errors: test.result().errors,
  }));
  return [...outside, ...tests].map(({ title, errors }) => ({
    title,
    message: errors.map(messageOf).join('\n'),
  }));
}

/** What an error says, how what came differs from what was expected, and where it was thrown. */
function messageOf({ name, message, diff, stacks }) {
  const places = (stacks ?? []).map(({ file, line }) => `at ${relative(file)}:${line}`);
  return unpainted([`${name}: ${message}`, diff, places[0]].filter(Boolean).join('\n'));
}

function relative(file) {
  const root = `${process.cwd()}/`;
  return file.startsWith(root) ? file.slice(root.length) : file;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function write(entry) {
  if (record !== undefined) appendFileSync(record, `${JSON.stringify(entry)}\n`);
}
