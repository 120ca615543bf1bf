/**
 * WebSockets with `ws`: what comes by a socket is no request, so each message takes its own permit; a step
 * ends the sockets, so that clients see 1001 ("going away") and come back elsewhere.
 *
 * @module
 */

import { createServer } from 'node:http';
import { adopt, handleSignals } from 'tidegate/node';
import { WebSocketServer } from 'ws';
import { health, lifecycle, port, save, started } from './service.ts';

const server = createServer((_req, res) => res.end('hello'));
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', async (data) => {
    try {
      socket.send(await lifecycle.gate.run('write', () => save(String(data))));
    } catch (error) {
      socket.send(String(error)); // The gate is closed: nothing was saved.
    }
  });
});

await adopt(server, { lifecycle, fetch: health });
lifecycle.step({
  name: 'sockets',
  // By now new upgrades are refused: none that is ended comes back to this process.
  run() {
    for (const socket of sockets.clients) socket.close(1001);
  },
});
handleSignals(lifecycle);
server.listen(port, () =>
  started(`http://localhost:${(server.address() as { port: number }).port}`),
);
