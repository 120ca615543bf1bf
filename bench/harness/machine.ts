/**
 * The machine and the commit: what a time means nothing without.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Machine } from '../results.ts';

/** The machine as it is now. */
export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()} ${process.arch}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The commit that is checked out, and whether files differ from it; not in a git tree: null. */
export function commit(): { readonly commit: string | null; readonly changed: boolean } {
  try {
    const hash = git('rev-parse', 'HEAD');
    return { commit: hash, changed: git('status', '--porcelain') !== '' };
  } catch {
    return { commit: null, changed: false };
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
