/**
 * What the worker threads of these tests run: one part each, named by the assignment.
 *
 * @module
 */

import { type Backend, Lifecycle, type LifecycleHandle } from '../../src/index.ts';
import { Barrier } from './barrier.ts';
import { steppingClock } from './clock.ts';
import { type DisturbParts, disturb } from './parts/disturb.ts';
import { litmus } from './parts/litmus.ts';
import { observe } from './parts/observe.ts';
import { closeRounds, enterRounds, type PermitParts } from './parts/permits.ts';
import { type RaceParts, race } from './parts/race.ts';
import { type TogetherParts, together } from './parts/together.ts';
import {
  askForShutdown,
  blockTwice,
  host,
  hostAndHang,
  moveAll,
  readyLater,
  standBy,
  writeForAWhile,
} from './parts/visit.ts';
import { words } from './parts/words.ts';

/** What a worker is to do. */
export interface Assignment {
  readonly part:
    | 'race'
    | 'observe'
    | 'write'
    | 'query'
    | 'close'
    | 'together'
    | 'disturb'
    | 'ready-later'
    | 'write-for-a-while'
    | 'host'
    | 'ask-for-shutdown'
    | 'host-and-hang'
    | 'stand-by'
    | 'block-twice'
    | 'move-all'
    | 'litmus'
    | 'words';
  readonly backend: Backend;
  readonly handle: LifecycleHandle;
  /** The barrier's words, if the part meets others. */
  readonly barrier?: SharedArrayBuffer;
  readonly parties?: number;
  /** Which worker of its kind it is. */
  readonly index: number;
  readonly rounds?: number;
  /** How often it makes so many rounds. */
  readonly batches?: number;
  /** Where the part notes what it saw. */
  readonly notes?: SharedArrayBuffer;
  readonly seed?: number;
  /** Which call of the model checker's catalogue it makes, or which shape of a litmus test. */
  readonly call?: string;
}

/** What came of it. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
}

/** What a Web Worker has for its scope. */
interface Scope {
  onmessage: ((event: { readonly data: Assignment }) => void) | null;
  postMessage?(message: Outcome): void;
}

let isAtWork = false;

// A worker is spoken to through its scope or through a port, by how it was made; it answers there.
const scope = globalThis as unknown as Scope;
const { parentPort } = await import('node:worker_threads');
parentPort?.on('message', (data: Assignment) => {
  void work(data, (outcome) => parentPort.postMessage(outcome));
});
if (scope.postMessage !== undefined) {
  scope.onmessage = ({ data }) => {
    void work(data, (outcome) => scope.postMessage?.(outcome));
  };
}

async function work(assignment: Assignment, answer: (outcome: Outcome) => void): Promise<void> {
  // Some runtimes deliver the one message by both ways.
  if (isAtWork) return;
  isAtWork = true;
  const { barrier: shared = new SharedArrayBuffer(16), parties = 1 } = assignment;
  const barrier = new Barrier(new Int32Array(shared), parties);
  try {
    answer({ value: await perform(assignment, barrier) });
  } catch (error) {
    barrier.fail();
    answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

function perform(assignment: Assignment, barrier: Barrier): unknown {
  const { part, backend, handle } = assignment;
  const attach = (clock = steppingClock(assignment.index)): Lifecycle =>
    Lifecycle.attach(handle, { backend, clock });
  const { index, rounds = 0, notes = new SharedArrayBuffer(0), seed = 0 } = assignment;
  switch (part) {
    case 'race':
      return race({ attach, barrier, index, rounds, notes } satisfies RaceParts);
    case 'observe':
      return observe(attach(), notes);
    case 'write':
    case 'query':
      return enterRounds(part, { attach, barrier, index, rounds, notes } satisfies PermitParts);
    case 'close':
      return closeRounds({ attach, barrier, index, rounds, notes } satisfies PermitParts);
    case 'together':
      return together({ attach, barrier, index, rounds, notes } satisfies TogetherParts);
    case 'disturb':
      return disturb({ attach, index, seed, notes } satisfies DisturbParts);
    case 'ready-later':
      return readyLater(attach());
    case 'write-for-a-while':
      return writeForAWhile(attach());
    case 'host':
      return host(attach());
    case 'ask-for-shutdown':
      return askForShutdown(attach());
    case 'host-and-hang':
      return hostAndHang(attach(), notes);
    case 'stand-by':
      return standBy(attach(), notes);
    case 'block-twice':
      return blockTwice(attach(), notes);
    case 'move-all':
      return moveAll(attach(), notes);
    case 'litmus':
      return litmus({ handle, barrier, index, rounds, notes, call: assignment.call ?? '' });
    case 'words':
      return words({
        handle,
        barrier,
        index,
        rounds,
        batches: assignment.batches ?? 1,
        notes,
        shape: assignment.call ?? '',
      });
  }
}
