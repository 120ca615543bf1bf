/**
 * What `import` and `Lifecycle.create()` add to the start of a process: whole processes, from spawn
 * to exit, compared with processes that import an empty module. A clock within the process would miss what
 * the runtime loads or ends because of us, and begin when the first import is paid for.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { type Summary, summarize } from '../harness/statistics.ts';

/** What is promised: at most this many times the control, median over median. */
export const BOUND = 3;
/** Processes of each kind. */
export const PROCESSES = 30;
/** Pairs before those: files come from the disk, and runtimes fill their caches of compiled code. */
const WARM_UPS = 2;

/** How one runtime starts, in milliseconds. */
export interface ColdStart {
  readonly empty: Summary;
  readonly created: Summary;
  /** Median over median. */
  readonly ratio: number;
}

/** The runtimes, each started so that it looks for nothing that concerns neither program. */
export const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  node: [process.execPath],
  deno: ['node_modules/.bin/deno', 'run', '--no-config', '--no-lock'],
  bun: ['node_modules/.bin/bun'],
};

/**
 * Measures one runtime, from the top of the repository: pairs of processes, each kind first in every
 * other pair, so that what else the machine does strikes both.
 */
export async function measureColdStart(command: readonly string[]): Promise<ColdStart> {
  const times: Record<'empty' | 'create', number[]> = { empty: [], create: [] };
  for (let pair = -WARM_UPS; pair < PROCESSES; pair++) {
    const order = ['empty', 'create'] as const;
    for (const name of pair % 2 === 0 ? order : order.toReversed()) {
      const ms = await startOf([...command, `bench/cold-start/${name}.js`]);
      if (pair >= 0) times[name].push(ms);
    }
  }
  const [empty, created] = [summarize(times.empty), summarize(times.create)];
  return { empty, created, ratio: created.median / empty.median };
}

/** Milliseconds from spawn to exit. */
function startOf([program = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const ms = performance.now() - began;
      if (code === 0) resolve(ms);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}`));
    });
  });
}
