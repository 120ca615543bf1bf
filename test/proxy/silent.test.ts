/**
 * Sockets that nobody talks on: they must not hold up the exit. Each exit is compared with those of
 * the same machine without any sockets: a machine that is slow at those is slow with sockets, too.
 *
 * @module
 */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES, type Runtime } from '../runtime/program.ts';
import { Wire } from '../runtime/wire.ts';

const ROUNDS = 7;
const SOCKETS = 25;
/** What sockets may add, on a machine that exits without any in less than half of that. */
const HOLD_UP_MS = 100;

const started: Program[] = [];

beforeAll(() => bundle());
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

type Open = (port: number) => Promise<Wire>;

const silent: Open = (port) => Wire.open(port);

/** Kept alive by a request that was answered. */
const idle: Open = async (port) => {
  const wire = await Wire.open(port);
  await wire.request('/fast');
  return wire;
};

/** Milliseconds from Stopped to the exit. */
async function exitMs(runtime: Runtime, kinds: readonly Open[]): Promise<number> {
  const program = await Program.start(runtime);
  started.push(program);
  const wires = await Promise.all(
    Array.from({ length: kinds.length * SOCKETS }, (_, index) =>
      (kinds[index % kinds.length] ?? silent)(program.port),
    ),
  );
  program.signal('SIGTERM');
  const exit = await program.exit;
  for (const { socket } of wires) socket.destroy();
  expect(exit).toMatchObject({ code: 0, signal: null });
  return exit.atMs - (await program.heard('stopped')).atMs;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('idle and silent sockets hold up the exit by 100 ms, or two exits without any, at most', async () => {
    const alone: number[] = [];
    const crowded: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await exitMs(runtime, []));
      crowded.push(await exitMs(runtime, [silent, idle]));
    }
    const heldUpMs = median(crowded) - median(alone);
    console.log(
      `${runtime}: Stopped to exit ${median(alone).toFixed(1)} ms without sockets, ` +
        `${median(crowded).toFixed(1)} ms with ${2 * SOCKETS} idle and silent ones`,
    );
    expect(heldUpMs).toBeLessThanOrEqual(Math.max(HOLD_UP_MS, 2 * median(alone)));
  });
});
