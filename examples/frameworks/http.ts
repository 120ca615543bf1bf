/**
 * A server of `node:http` (or `https`, `http2`) of your own, whoever answers on it: it is adopted.
 *
 * @module
 */

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const server = createServer(async (req, res) => {
  if (req.url === '/hello') res.end('hello');
  else if (req.url === '/notes') res.end(await save(await text(req)));
  else res.writeHead(404).end();
});
// Longer than the load balancer keeps a connection, or the two race. `serve()` does it by itself.
server.keepAliveTimeout = 72_000;

await adopt(server, { lifecycle, fetch: health });
handleSignals(lifecycle);
server.listen(port, () =>
  started(`http://localhost:${(server.address() as { port: number }).port}`),
);
