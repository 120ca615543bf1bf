/**
 * A fleet in the traces: each change that this process hears of, once, and nothing where it follows none.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Fleet, fileStore } from '../../src/fleet.ts';
import { Lifecycle } from '../../src/index.ts';
import { instrument } from '../../src/opentelemetry.ts';
import { Sdk } from './sdk.ts';

it('has a span for each change of the fleet, with its phase, and none after the undo', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-traces-'));
  const sdk = new Sdk();
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const undo = instrument(lifecycle, { tracer: sdk.tracers.getTracer('test') });
  const fleet = new Fleet({
    store: fileStore(folder),
    deployment: 'v1',
    // Nothing is too slow to be waited for.
    cacheAgeMs: 60_000,
  });
  const follower = await fleet.follow(lifecycle);
  await fleet.drain();
  const seen = (): unknown[] =>
    sdk
      .spans()
      .filter(({ name }) => name === 'tidegate.fleet')
      .map(({ attributes }) => attributes);
  const common = { 'tidegate.fleet.deployment': 'v1', 'tidegate.fleet.reachable': true };
  expect(seen()).toEqual([
    { ...common, 'tidegate.fleet.phase': 'ready' },
    { ...common, 'tidegate.fleet.phase': 'draining' },
  ]);
  undo();
  await fleet.shutdown();
  expect(seen()).toEqual([]);
  follower.stop();
  await sdk.shutdown();
  rmSync(folder, { recursive: true });
});
