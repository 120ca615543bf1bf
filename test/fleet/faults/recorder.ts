/**
 * The history of a store: every call and every answer of it, written to a file before the call is made,
 * so that it is there if the process is killed. Times are those of the machine's monotonic clock, which
 * all its processes share. What they mean is for the checker.
 *
 * @module
 */

import { appendFileSync, openSync, readFileSync } from 'node:fs';
import type { Store } from '../../../src/fleet.ts';
import type { Operation } from './linearizable.ts';
import type { RegisterOp } from './register.ts';

interface Called {
  readonly call: number;
  readonly atNs: number;
  readonly key: string;
  /** Of a swap. */
  readonly from?: string;
  readonly value?: string;
}

interface Returned {
  readonly answer: number;
  readonly atNs: number;
  readonly value?: string | null;
  readonly version: string | null;
  readonly mayHaveForgotten?: boolean;
}

/** Nanoseconds of the machine's monotonic clock. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/** The store, which writes down what it is asked and what it answers. */
export function recorded(store: Store, file: string): Store {
  const to = openSync(file, 'a');
  let calls = 0;
  const write = (line: Called | Returned): void => appendFileSync(to, `${JSON.stringify(line)}\n`);
  const called = (key: string, swap: object = {}): number => {
    calls += 1;
    write({ call: calls, key, ...swap, atNs: nowNs() });
    return calls;
  };
  return {
    pollMs: store.pollMs,
    async read(key, signal) {
      const call = called(key);
      const entry = await store.read(key, signal);
      write({ answer: call, atNs: nowNs(), ...entry });
      return entry;
    },
    async swap(key, from, value, signal) {
      const call = called(key, { from, value });
      const version = await store.swap(key, from, value, signal);
      write({ answer: call, atNs: nowNs(), version });
      return version;
    },
  };
}

/** What several processes have written down. */
export function readHistory(files: readonly string[]): Operation<RegisterOp>[] {
  return files.flatMap((file) => {
    const answers = new Map<number, Returned>();
    const calls: Called[] = [];
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      // The last one of a process that was killed may be cut off: it was not called yet.
      if (!line.endsWith('}')) continue;
      const written = JSON.parse(line) as Called | Returned;
      if ('call' in written) calls.push(written);
      else answers.set(written.answer, written);
    }
    return calls.flatMap((call) => operationOf(call, answers.get(call.call)));
  });
}

function operationOf(
  { key, from, value, atNs }: Called,
  answer: Returned | undefined,
): Operation<RegisterOp>[] {
  const when = { key, calledAt: atNs, returnedAt: answer?.atNs ?? Number.POSITIVE_INFINITY };
  if (from !== undefined && value !== undefined) {
    return [{ ...when, op: { type: 'swap', from, value, version: answer?.version } }];
  }
  // A read that nobody has heard the answer of says nothing.
  if (answer === undefined) return [];
  const { version, mayHaveForgotten = false } = answer;
  const read = { type: 'read', value: answer.value ?? null, version: version ?? '' } as const;
  return [{ ...when, op: { ...read, mayHaveForgotten } }];
}
