/**
 * What the worker threads of these tests run: one part each, named by the assignment.
 *
 * @module
 */

import { type Backend, Lifecycle, type LifecycleHandle } from '../../src/index.ts';
import { Barrier } from './barrier.ts';
import { type DisturbParts, disturb } from './parts/disturb.ts';
import { observe } from './parts/observe.ts';
import { drainRounds, enterRounds, type PermitParts } from './parts/permits.ts';
import { type RaceParts, race } from './parts/race.ts';

/** What a worker is to do. */
export interface Assignment {
  readonly part: 'race' | 'observe' | 'enter' | 'drain' | 'disturb';
  readonly backend: Backend;
  readonly handle: LifecycleHandle;
  /** The barrier's words, if the part meets others. */
  readonly barrier?: SharedArrayBuffer;
  readonly parties?: number;
  /** Which worker of its kind it is. */
  readonly index: number;
  readonly rounds?: number;
  /** Where the part notes what it saw. */
  readonly notes?: SharedArrayBuffer;
  readonly seed?: number;
}

/** What came of it. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

const port: {
  onmessage: ((event: { readonly data: Assignment }) => void) | null;
  postMessage(message: Outcome): void;
} = await findPort();

port.onmessage = async ({ data }) => {
  const barrier = new Barrier(
    new Int32Array(data.barrier ?? new SharedArrayBuffer(16)),
    data.parties ?? 1,
  );
  try {
    port.postMessage({ value: await perform(data, barrier) });
  } catch (error) {
    barrier.fail();
    port.postMessage({
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
};

function perform(assignment: Assignment, barrier: Barrier): unknown {
  const { part, backend, handle } = assignment;
  const attach = (clock?: () => number): Lifecycle => Lifecycle.attach(handle, { backend, clock });
  const { index, rounds = 0, notes = new SharedArrayBuffer(0), seed = 0 } = assignment;
  switch (part) {
    case 'race':
      return race({ attach, barrier, index, rounds, notes } satisfies RaceParts);
    case 'observe':
      return observe(attach(), notes);
    case 'enter':
      return enterRounds({ attach, barrier, index, rounds, notes } satisfies PermitParts);
    case 'drain':
      return drainRounds({ attach, barrier, index, rounds, notes } satisfies PermitParts);
    case 'disturb':
      return disturb({ attach, index, seed } satisfies DisturbParts);
  }
}

/** Node's workers speak through a port; all others through their global scope. */
async function findPort(): Promise<typeof port> {
  if (typeof (globalThis as { readonly postMessage?: unknown }).postMessage === 'function') {
    return globalThis as unknown as typeof port;
  }
  const { parentPort } = await import('node:worker_threads');
  if (parentPort === null) throw new Error('This program runs in a worker');
  return {
    set onmessage(listener: (event: { readonly data: Assignment }) => void) {
      parentPort.on('message', (data: Assignment) => listener({ data }));
    },
    postMessage: (message) => parentPort.postMessage(message),
  };
}
