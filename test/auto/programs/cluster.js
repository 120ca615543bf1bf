/**
 * A primary that looks after one worker: it tells it when to leave, and stays until it has.
 *
 * @module
 */

import cluster from 'node:cluster';
import { createServer } from 'node:http';
import process from 'node:process';
import { listener, say } from './answer.js';

if (cluster.isPrimary) {
  const worker = cluster.fork();
  process.on('SIGTERM', () => worker.kill('SIGTERM'));
  worker.on('message', (port) => say(port));
  worker.on('exit', (code, signal) => {
    console.log(`worker ${code} ${signal}`);
    process.exit(0);
  });
  process.on('SIGUSR2', () => process.kill(worker.process.pid, 'SIGUSR2'));
} else {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}
