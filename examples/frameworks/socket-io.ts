/**
 * socket.io: its polls hang until there is something to say, so they are not counted as requests; each
 * message takes its own permit. `io.close()` is a step: clients reconnect elsewhere.
 *
 * @module
 */

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle, port, save, started } from './service.ts';

const server = createServer((_req, res) => res.end('hello'));
const io = new Server(server);
io.on('connection', (socket) => {
  socket.on('note', async (note: string, answer: (text: string) => void) => {
    try {
      answer(await lifecycle.gate.run('write', () => save(note)));
    } catch (error) {
      answer(String(error)); // The gate is closed: nothing was saved.
    }
  });
});

await adopt(server, {
  lifecycle,
  fetch: health,
  // A poll that is counted would be waited for.
  kindOf({ method, url }) {
    if (new URL(url).pathname.startsWith('/socket.io/')) return null;
    return method === 'GET' || method === 'HEAD' ? 'query' : 'write';
  },
});
lifecycle.step({ name: 'socket.io', run: () => io.close() });
handleSignals(lifecycle);
server.listen(port, () =>
  started(`http://localhost:${(server.address() as { port: number }).port}`),
);
