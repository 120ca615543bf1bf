/**
 * Ten thousand lifecycles in one process, on each runtime: what is left of them is nothing that
 * grows. The bound on memory is the project's promise.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, bundleOf } from '../runtime/program.ts';
import type { Sample } from './program.ts';

const PROGRAM = join(import.meta.dirname, 'program.ts');
const FEW = 1_000;
const MANY = 10_000;
/** A system that takes idle pages back makes dips, so it looks more than once, and the most counts. */
const COUNTS = [FEW, FEW, FEW, MANY];
/** Tells what hangs from what is slow. */
const BOUND_MS = 1_200_000;
const MIB = 1024 * 1024;

/** The collector can be asked for on each of them. */
const COMMANDS = {
  node: [process.execPath, '--expose-gc', bundleOf(PROGRAM)],
  deno: ['node_modules/.bin/deno', 'run', '-A', '--v8-flags=--expose-gc', bundleOf(PROGRAM)],
  bun: ['node_modules/.bin/bun', bundleOf(PROGRAM)],
} as const;

beforeAll(() => bundle(PROGRAM));

/** Runs them; the process is to end by itself, and well. */
function run([command, ...args]: readonly [string, ...string[]]): Promise<Sample[]> {
  const child = spawn(command, [...args, ...COUNTS.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: BOUND_MS,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (code !== 0) reject(new Error(`It ended with ${code ?? signal} after ${output}`));
      else
        resolve(
          output
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Sample),
        );
    });
  });
}

describe.each(Object.entries(COMMANDS))('on %s', (runtime, command) => {
  it(
    `${MANY} cycles of create, attach, serve and shut down leave nothing`,
    async () => {
      const begunMs = performance.now();
      const [first, ...few] = await run(command);
      const many = few.pop();
      const last = few.at(-1);
      if (first === undefined || last === undefined || many === undefined) throw new Error('cut');
      const rssAfterFew = Math.max(...few.map(({ rss }) => rss));
      const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
      console.log(
        `${runtime}: heap ${mib(last.heap)} MiB after ${last.cycles} cycles, ${mib(many.heap)} after ` +
          `${many.cycles}; RSS ${mib(rssAfterFew)} and ${mib(many.rss)}; ${many.listeners} listeners, ` +
          `${many.timers} timers, ${many.files} files, ${many.threads} threads; ` +
          `${((performance.now() - begunMs) / 1000).toFixed(0)} s`,
      );
      for (const { listeners, timers, files } of [...few, many]) {
        expect({ listeners, timers, files }).toEqual({
          listeners: first.listeners,
          timers: first.timers,
          files: first.files,
        });
      }
      expect(first.listeners).toBe(0);
      expect(many.heap).toBeLessThanOrEqual(last.heap * 1.05 + 8 * MIB);
      expect(many.rss).toBeLessThanOrEqual(rssAfterFew * 1.05 + 8 * MIB);
    },
    BOUND_MS,
  );
});
