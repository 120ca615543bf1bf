/**
 * A process that holds a lease and blocks its event loop for longer than that: it writes as long as the
 * gate admits it, first on the blocked thread itself, then on another one. It says what came of it, and
 * ends by itself with the lease held.
 *
 * @module
 */

import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileStore, lease } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';

/** What the test hears of it. */
export interface Blocked {
  /** Writes that were admitted on the blocked thread; what refused the next one. */
  readonly own: { readonly admitted: number; readonly refusal: string | null };
  /** What all threads saw at that moment: the loop has not turned yet. */
  readonly seen: unknown;
  /** The same on another thread, and whether the blocked one was woken by that. */
  readonly other: { readonly admitted: number; readonly refusal: string | null };
  readonly woken: string;
  /** Once the loop has turned again, each time. */
  readonly regained: readonly unknown[];
}

/** Of a hang. */
const HANG_MS = 60_000;
const TTL_MS = 400;

/** Writes until nothing is admitted any more, without a turn of the loop. */
function write({ gate }: Lifecycle): Blocked['own'] {
  const hangsAt = performance.now() + HANG_MS;
  let admitted = 0;
  while (performance.now() < hangsAt) {
    const permit = gate.tryEnter('write');
    if (permit === null) break;
    permit.release();
    admitted += 1;
  }
  return { admitted, refusal: gate.writeRefusal() };
}

if (isMainThread) {
  const lifecycle = Lifecycle.create();
  installLog(lifecycle, false);
  lifecycle.markReady();
  const folder = process.env.BLOCKED ?? '';
  const writer = await lease(lifecycle, {
    store: fileStore(folder),
    name: 'writer',
    ttlMs: TTL_MS,
  });
  const regain = async (): Promise<unknown> => {
    while (lifecycle.gate.writeRefusal() !== null) await new Promise((go) => setTimeout(go, 5));
    return [writer.state, writer.token];
  };

  const own = write(lifecycle);
  const seen = lifecycle.leases();
  const regained = [await regain()];

  const words = new Int32Array(new SharedArrayBuffer(8));
  const other = new Worker(new URL(import.meta.url), {
    workerData: { handle: lifecycle.share(), words },
  });
  const result = new Promise<Blocked['other']>((resolve) => other.once('message', resolve));
  // The other thread is there, and waits for us to block.
  while (Atomics.load(words, 0) === 0) await new Promise((go) => setTimeout(go, 5));
  await regain();
  Atomics.store(words, 0, 2);
  const woken = Atomics.wait(words, 1, 0, HANG_MS);
  regained.push(await regain());
  const said: Blocked = { own, seen, other: await result, woken, regained };
  console.log(JSON.stringify(said));
} else {
  const { parentPort } = await import('node:worker_threads');
  const { handle, words } = workerData;
  const lifecycle = Lifecycle.attach(handle);
  Atomics.store(words, 0, 1);
  while (Atomics.load(words as Int32Array, 0) !== 2);
  parentPort?.postMessage(write(lifecycle));
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
}
