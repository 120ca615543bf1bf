/**
 * Bundles what the workers and the processes of this folder run: Node 20 has no types to strip, and
 * one file starts quicker than forty.
 *
 * @module
 */

import { renameSync } from 'node:fs';
import process from 'node:process';
import { buildSync } from 'esbuild';

/** What workers run. */
export const PROGRAM = 'build/threads-program.mjs';
/** What processes run. */
export const SCENARIOS = 'build/threads-scenarios.mjs';

/** Bundles the program of the workers. */
export function buildProgram(): void {
  bundle('test/threads/program.ts', PROGRAM);
}

/** Bundles the scenarios, and the program of their workers. */
export function buildScenarios(): void {
  buildProgram();
  bundle('test/threads/scenarios.ts', SCENARIOS);
}

/** Other runtimes may be about to read it: it is replaced whole. */
function bundle(entry: string, file: string): void {
  const outfile = `${file}.${process.pid}`;
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'esbuild'],
  });
  renameSync(outfile, file);
}
