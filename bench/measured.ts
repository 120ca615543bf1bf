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
import { WrongInput } from './wrong-input.ts';

/** Runs, and adds what a time means nothing without. */
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
 * @throws {WrongInput} if it is not as `results.schema.json` says
 */
export function checkResults(value: unknown, from: string): Results {
  const version: unknown = (value as Partial<Results> | null)?.schema;
  if (version !== undefined && version !== SCHEMA_VERSION) {
    throw new WrongInput(
      `Cannot read ${from}: its schema is version ${JSON.stringify(version)}, not ${SCHEMA_VERSION}`,
    );
  }
  const ajv = new Ajv({
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  });
  if (!ajv.validate(schema, value)) {
    throw new WrongInput(`Cannot read ${from}: ${ajv.errorsText(ajv.errors, { dataVar: 'it' })}`);
  }
  return value as Results;
}

/**
 * Reads results from a file.
 *
 * @throws {WrongInput} if the file is missing, or holds something else
 */
export function readResults(path: string): Results {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new WrongInput(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  return checkResults(value, path);
}
