/**
 * The gate's parts, one after the other or some side by side, and what came of all of them: every
 * failure once more, how long each part took, and one last line with the sum. What the parts are
 * says `test/run.js`.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { failure, IS_PLAIN, indent, seconds, unpainted } from './text.js';

const REPORTER = resolve(import.meta.dirname, 'reporter.js');
/** Output that comes later than this after the end of a process is that of one it has left behind. */
const LATE_MS = 2_000;

/** One run of the gate. */
export class Gate {
  /** What ran: its name, how long it took, and the same of what it consists of. */
  #parts = [];
  /** What failed, and in which part. */
  #failures = [];
  #passed = 0;
  #skipped = 0;
  #beganMs = performance.now();

  /**
   * Runs parts as they come, so many of them at a time. Lines of theirs are mixed, but each test
   * file's lines stay together.
   *
   * @param parts functions that start one
   */
  async sideBySide(most, parts) {
    const left = [...parts];
    const take = async () => {
      for (let part = left.shift(); part !== undefined; part = left.shift()) await part();
    };
    await Promise.all(Array.from({ length: most }, take));
  }

  /** Runs a command that passes or fails as a whole. */
  async step(name, command) {
    console.log(`\n== ${name}`);
    const beganMs = performance.now();
    const status = await run(command, process.env);
    this.#parts.push({ name, ms: performance.now() - beganMs, folders: [] });
    if (status === 0) this.#passed += 1;
    else this.#fail(name, { title: command.join(' '), message: `It ended with ${status}` });
  }

  /**
   * Runs vitest, and counts by the records of its reporter: exit codes alone hide vacuous runs.
   *
   * @param command vitest, with the runtime before it and its arguments behind
   */
  async suite(name, command, environment = {}) {
    console.log(`\n== ${name}`);
    const record = resolve('build', `test-${name.replace(/\W+/g, '-')}.ndjson`);
    mkdirSync('build', { recursive: true });
    rmSync(record, { force: true });
    const beganMs = performance.now();
    const status = await run([...command, `--reporter=${REPORTER}`], {
      ...process.env,
      ...environment,
      TEST_RECORD: record,
    });
    const ms = performance.now() - beganMs;
    const records = recordsIn(record);
    const files = records.filter(({ file }) => file !== undefined);
    this.#parts.push({ name, ms, folders: foldersOf(files) });
    const failedBefore = this.#failures.length;
    for (const { file, failures = [] } of records) {
      for (const each of failures) this.#fail(file === undefined ? name : `${name}: ${file}`, each);
    }
    const passed = files.reduce((sum, each) => sum + each.passed, 0);
    this.#passed += passed;
    this.#skipped += files.reduce((sum, each) => sum + each.skipped, 0);
    // A runner that dies, or finds nothing to run, has failed even if no test did.
    const isOver = records.some(({ end }) => end !== undefined);
    const isSilent = this.#failures.length === failedBefore && (status !== 0 || passed === 0);
    if (!isOver || isSilent) {
      const where = isOver ? `after ${passed} tests that passed` : `in ${lastIn(records)}`;
      this.#fail(name, { title: command.join(' '), message: `It ended with ${status}, ${where}` });
    }
  }

  /** Says what came of it. @returns the exit code */
  end() {
    const failed = this.#failures.length;
    if (failed > 0) console.log('\n== what failed');
    for (const { where, what } of this.#failures) {
      console.log(`\n${where}\n${indent(failure(what), 2)}`);
    }
    console.log('\n== how long it took');
    for (const { name, ms, folders } of this.#parts) {
      console.log(`${seconds(ms)}  ${name}`);
      for (const each of folders) console.log(`${seconds(each.ms)}    ${each.name}`);
    }
    console.log(`${seconds(performance.now() - this.#beganMs)}  all`);
    console.log(`\n${this.#passed} passed, ${failed} failed, ${this.#skipped} skipped`);
    return failed > 0 || this.#passed === 0 ? 1 : 0;
  }

  #fail(where, what) {
    this.#failures.push({ where, what });
  }
}

/** Resolves with the exit code, or with why there is none. In a log its output has no escape codes. */
function run([program, ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: IS_PLAIN ? ['inherit', 'pipe', 'pipe'] : 'inherit',
      env,
    });
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    for (const input of streams) printLines(input);
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
    child.once('exit', () => {
      setTimeout(() => {
        for (const stream of streams) stream.destroy();
      }, LATE_MS).unref();
    });
  });
}

/** Prints the whole lines of each chunk at once: those of another process do not come in between. */
function printLines(input) {
  let rest = '';
  input.setEncoding('utf8').on('data', (chunk) => {
    const end = chunk.lastIndexOf('\n');
    if (end >= 0) console.log(unpainted(rest + chunk.slice(0, end)));
    rest = end >= 0 ? chunk.slice(end + 1) : rest + chunk;
  });
  input.on('close', () => {
    if (rest !== '') console.log(unpainted(rest));
  });
}

function recordsIn(file) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch (error) {
    console.log(`There is no record: ${error.message}`);
    return [];
  }
}

/** The file that had begun when a run died. */
function lastIn(records) {
  return records.findLast(({ begins }) => begins !== undefined)?.begins ?? 'no file yet';
}

/** How long the files of each folder took, in the order of the folders' names. */
function foldersOf(files) {
  const times = new Map();
  for (const { file, ms } of files) {
    const name = file.split('/').slice(0, 2).join('/');
    times.set(name, (times.get(name) ?? 0) + ms);
  }
  return [...times].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, ms]) => ({ name, ms }));
}
