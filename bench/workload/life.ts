/**
 * A whole life of a service, from its boot to its report, on one thread: what the workload runs. It is
 * deterministic, and its checksum says that all of it happened, in that order. It measures nothing.
 *
 * @module
 */

import type { Backend } from '../../src/core/core.ts';
import { useEmbedded } from '../../src/core/embedded.ts';
import { useAtomics } from '../../src/core/use-atomics.ts';
import type { Lifecycle as Service } from '../../src/lifecycle/lifecycle.ts';
import { Lifecycle } from '../../src/lifecycle/lifecycle.ts';
import type { ShutdownReport } from '../../src/lifecycle/report.ts';
import { performance, played, rewind, sleep } from './host.ts';

/** Permits that are taken and given back. */
export const PERMITS = 100_000;
/** Each so many permits, writes are held for a moment. */
const HOLD_EVERY = 1_000;
const WRITERS = 64;
/** A moment in 2023. */
const BEGAN_MS = 1_700_000_000_000;

const STAGES = ['restore', 'wal_replay', 'index_warmup', 'segments', 'caches', 'leader_check'];
const HOLDS = ['read_only', 'replica', 'lease_lost', 'paused'] as const;
const STEPS = ['flush_wal', 'final_checkpoint', 'backup', 'close_pools', 'say_goodbye'];

/** FNV-1a over all that is recorded of a life, 32 bits. */
class Checksum {
  value = 0x811c9dc5;

  add(what: unknown): void {
    const text = JSON.stringify(what);
    for (let at = 0; at < text.length; at++) {
      this.value = Math.imul(this.value ^ text.charCodeAt(at), 0x01000193);
    }
  }
}

/** Lives once on a backend; gives the checksum, which is the same on both. */
export async function life(backend: Backend): Promise<number> {
  useEmbedded();
  useAtomics();
  rewind();
  const sum = new Checksum();
  const lifecycle = Lifecycle.create({
    backend,
    shared: false,
    clock: () => BEGAN_MS + performance.now(),
  });
  await played(lived(lifecycle, sum));
  lifecycle.detach();
  return sum.value >>> 0;
}

async function lived(lifecycle: Service, sum: Checksum): Promise<void> {
  lifecycle.onTransition(({ from, to, atMs }) => sum.add([from, to, atMs]));
  await boot(lifecycle);
  lifecycle.markReady();
  sum.add(lifecycle.coldStartPhases().durationsMs());
  sum.add(serve(lifecycle));
  sum.add(await drain(lifecycle));
  const { trigger, drained, failed, takenOver, durationMs, steps } = await end(lifecycle, sum);
  sum.add([trigger, drained, failed, takenOver, durationMs]);
  for (const { name, status, durationMs: ms, error } of steps) sum.add([name, status, ms, error]);
  sum.add([lifecycle.startedAtMs(), lifecycle.readyAtMs(), lifecycle.stoppedAtMs()]);
}

async function boot(lifecycle: Service): Promise<void> {
  lifecycle.setStartingReason('reading the configuration · μ');
  await sleep(3);
  for (const [index, name] of STAGES.entries()) {
    await lifecycle.stage(name).run(() => sleep(10 + index * 7));
  }
}

/** Writes and queries, one in four a write, and holds between them; says how many were refused. */
function serve({ gate }: Service): { admitted: number; refused: number; holds: string[] } {
  let [admitted, refused] = [0, 0];
  const holds: string[] = [];
  for (let turn = 0; turn < PERMITS; turn++) {
    if (turn % HOLD_EVERY === 0) {
      const hold = HOLDS[(turn / HOLD_EVERY) % HOLDS.length] ?? 'paused';
      gate.hold(hold);
      if (gate.tryEnter('write') === null) refused += 1;
      holds.push(gate.writeRefusal() ?? 'none');
      gate.release(hold);
    }
    const permit = gate.tryEnter(turn % 4 === 0 ? 'write' : 'query');
    if (permit === null) refused += 1;
    else {
      admitted += 1;
      permit.release();
    }
  }
  return { admitted, refused, holds };
}

/** A drain while writers write, each again and again until it is refused. */
async function drain(lifecycle: Service): Promise<unknown> {
  const { gate } = lifecycle;
  let written = 0;
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    for (let turn = 0; ; turn++) {
      const permit = gate.tryEnter('write');
      if (permit === null) return turn;
      await sleep(1 + ((index * 7 + turn * 13) % 23));
      written += 1;
      permit.release();
    }
  });
  await sleep(50);
  const { drained, left, waitedMs } = await lifecycle.drain({ timeoutMs: 1_000 });
  return [drained, left, waitedMs, written, await Promise.all(writers)];
}

async function end(lifecycle: Service, sum: Checksum): Promise<ShutdownReport> {
  const query = lifecycle.gate.tryEnter('query');
  void sleep(25).then(() => query?.release());
  lifecycle.pipeline({
    budgetMs: 5_000,
    steps: STEPS.map((name, index) => ({
      name,
      run: async ({ ready }) => {
        sum.add([name, ready]);
        await sleep(5 + index * 3);
      },
    })),
  });
  return lifecycle.shutdown({ trigger: 'the end of the workload' });
}
