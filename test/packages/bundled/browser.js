/**
 * A page's module: a life on each backend, told to the server that the page came from.
 *
 * @module
 */

import { Lifecycle, Phase } from 'tidegate';
import { useAtomics } from 'tidegate/atomics';
import { createHandler } from 'tidegate/http';

async function live(backend) {
  const lifecycle = Lifecycle.create({ backend });
  const handler = createHandler(lifecycle);
  lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
  lifecycle.markReady();
  const probe = await handler(new Request('http://localhost/health/ready'));
  const { flushedWal } = await lifecycle.shutdown();
  return [lifecycle.backend, probe.status, flushedWal, lifecycle.phase() === Phase.Stopped];
}

async function main() {
  useAtomics();
  const told = [await live('wasm'), await live('atomics')];
  await fetch('answer', { method: 'POST', body: JSON.stringify(told) });
}

main();
