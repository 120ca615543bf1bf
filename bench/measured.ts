/**
 * A run with all that belongs to it (machine, commit, time), and results from a file.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { VERSION } from '../src/version.ts';
import { commit, machine } from './harness/machine.ts';
import type { Outcome } from './harness/run.ts';
import schema from './results.schema.json' with { type: 'json' };
import { type Results, SCHEMA_VERSION } from './results.ts';

/** Runs, and puts beside it what a time means nothing without. */
export async function measured(seed: number, run: () => Promise<Outcome>): Promise<Results> {
  const began = Date.now();
  const before = machine();
  const outcome = await run();
  return {
    schema: SCHEMA_VERSION,
    tidegate: VERSION,
    ...commit(),
    startedAt: new Date(began).toISOString(),
    durationMs: Date.now() - began,
    seed,
    machine: before,
    ...outcome,
  };
}

/**
 * Checks what claims to be results.
 *
 * @throws {TypeError} if it is not as `results.schema.json` says
 */
export function checkResults(value: unknown, from: string): Results {
  const ajv = new Ajv({
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  });
  if (!ajv.validate(schema, value)) {
    throw new TypeError(`Cannot read ${from}: ${ajv.errorsText(ajv.errors, { dataVar: 'it' })}`);
  }
  return value as Results;
}

/** Reads results from a file. */
export function readResults(path: string): Results {
  return checkResults(JSON.parse(readFileSync(path, 'utf8')), path);
}
