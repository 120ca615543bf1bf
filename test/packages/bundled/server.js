/**
 * A server on Node with its probe thread, which ends itself by a signal.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { handleSignals, serve, serveProbes } from 'tidegate/node';

async function main() {
  const lifecycle = Lifecycle.create();
  const health = createHandler(lifecycle);
  const server = await serve({
    lifecycle,
    port: 0,
    fetch: async (request) => (await health(request)) ?? new Response('mine'),
  });
  const probes = await serveProbes({ lifecycle, port: 0 });
  handleSignals(lifecycle, { servers: [server] });
  lifecycle.markReady();
  const probe = await (await fetch(`${probes.url}/health/live`)).json();
  const answer = await (await fetch(server.url)).text();
  console.log(lifecycle.backend, probe.status, probe.loop, answer);
  process.kill(process.pid, 'SIGTERM');
}

main();
