/**
 * The runtimes: how each is started, and which of them are there. One that is missing says so.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { foundNodes, pinned } from '../../test/matrix/engines.ts';
import type { RuntimeInfo } from '../results.ts';
import type { Assignment } from './assignment.ts';

/** A runtime that can measure. */
export interface Runtime {
  readonly name: string;
  /** Program and arguments before those of the child; absent where there are no processes. */
  readonly command?: readonly string[];
  /** The calls alone, and once: what has no processes of its own, and further versions of Node. */
  readonly callsOnly: boolean;
  /** Says what it is, or why it is not there. */
  describe(): Promise<RuntimeInfo>;
  /** One round. */
  run(assignment: Assignment): Promise<readonly number[]>;
  /** Ends what `run` started, if it started anything that lasts. */
  close(): Promise<void>;
}

/** Where the child program is, once it is bundled. */
export const PROGRAM = 'build/bench/program.mjs';

/** What a child says of itself, in addition to its samples. */
export interface Answer {
  readonly version: string;
  readonly engine: string;
  readonly samples?: readonly number[];
}

/** A runtime that is a command: Node, Deno, Bun. */
export function processRuntime(name: string, command: readonly string[], from: string): Runtime {
  const [program = ''] = command;
  return {
    name,
    command,
    callsOnly: false,
    describe: async () => {
      const skipped = { name, version: null, engine: null };
      if (program.includes('/') && !existsSync(program)) {
        return { ...skipped, skipped: `${program} is not there: ${from}` };
      }
      const { version, engine } = await ask({ part: 'describe', case: '', variant: '' });
      return { name, version, engine, skipped: null };
    },
    run: async (assignment) => {
      const { samples } = await ask(assignment);
      if (samples === undefined) throw new Error(`${name} measured nothing`);
      return samples;
    },
    close: async () => {},
  };

  async function ask(assignment: Assignment): Promise<Answer> {
    return await answerOf<Answer>([...command, PROGRAM, JSON.stringify(assignment)]);
  }
}

/** Node in its versions, Deno and Bun. All parts run on the first, on Deno and on Bun. */
export function processRuntimes(): Runtime[] {
  const installed = 'npm ci installs it';
  const others = foundNodes('npm run matrix installs it').filter(
    ({ version }) => version !== process.versions.node,
  );
  return [
    processRuntime('node', [process.execPath], installed),
    ...others.map((node): Runtime => {
      const name = `node${node.version.split('.')[0]}`;
      if ('absent' in node) return absentRuntime(name, node.absent);
      return { ...processRuntime(name, [node.program], installed), callsOnly: true };
    }),
    processRuntime('deno', [pinned('deno').program, 'run', '-A', '--no-lock'], installed),
    processRuntime('bun', [pinned('bun').program], installed),
  ];
}

/** A runtime that is not there. */
export function absentRuntime(name: string, reason: string): Runtime {
  return {
    name,
    callsOnly: true,
    describe: async () => ({ name, version: null, engine: null, skipped: reason }),
    run: () => Promise.reject(new Error(`${name} is not there: ${reason}`)),
    close: async () => {},
  };
}

/** Longest that a child may take: one that hangs must not take the run with it. */
const LOST_MS = 120_000;

/** Runs a command to its end and reads its last line, which is JSON. */
export function answerOf<T>(command: readonly string[]): Promise<T> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LOST_MS,
      env: { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
    });
    let out = '';
    let error = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const last = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last) as T);
      else reject(new Error(`${args.at(-1)} ended with ${code ?? signal}: ${error.trim()}`));
    });
  });
}
