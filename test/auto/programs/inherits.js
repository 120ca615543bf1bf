/**
 * A program that starts a worker thread and a process, both of which inherit its flags, and serves.
 *
 * @module
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import process from 'node:process';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { lifecycle } from 'tidegate/auto';
import { listen, listener } from './answer.js';

const [, program] = process.argv;
if (!isMainThread) {
  try {
    lifecycle.phase();
  } catch ({ code }) {
    parentPort.postMessage(`${code} ${process.listenerCount('SIGTERM')}`);
  }
} else if (process.send !== undefined) {
  const before = process.listenerCount('SIGTERM');
  const server = createServer(listener).listen(0, '127.0.0.1', () => {
    const after = process.listenerCount('SIGTERM');
    process.send(`${before} ${after} ${lifecycle.phase()}`);
    server.close();
    process.disconnect();
  });
} else {
  const [ofWorker] = await once(new Worker(program), 'message');
  const child = fork(program);
  const [ofChild] = await once(child, 'message');
  const [code] = await once(child, 'exit');
  console.log(`worker ${ofWorker}, child ${ofChild} ${code}`);
  listen(createServer(listener));
}
