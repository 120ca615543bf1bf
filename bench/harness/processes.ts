/**
 * Child processes that answer once, in JSON, on the last line of their output.
 *
 * @module
 */

import { spawn } from 'node:child_process';

/** Longest that a child may take: one that hangs must not take the run with it. */
const LOST_MS = 120_000;

/** Runs a command to its end and reads its last line. */
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
