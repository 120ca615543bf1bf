/**
 * A program with handlers of its own, as its author wrote them before: `OWN` says which.
 *
 * @module
 */

import { createServer } from 'node:http';
import process from 'node:process';
import { listen, listener } from './answer.js';

const server = createServer(listener);
// As a connection pool keeps a process.
const pool = setInterval(() => {}, 1_000);

const handlers = {
  exits: () => {
    console.log('own exit');
    process.exit(7);
  },
  closes: () => {
    server.close((error) => {
      console.log(`own close ${error}`);
      setTimeout(() => {
        console.log('own flush');
        clearInterval(pool);
      }, 20);
    });
  },
  ends: () => {
    console.log('own end');
    process.exit(0);
  },
  stays: () => {
    console.log('own stay');
  },
  throws: () => {
    throw new Error('own mistake');
  },
  promises: async (signal) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(`own promise ${signal}`);
  },
};
const handler = handlers[process.env.OWN];
process.once('SIGTERM', handler);
process.on('SIGINT', () => console.log('of another signal'));
const removed = () => console.log('removed');
process.on('SIGTERM', removed);
process.off('SIGTERM', removed);
listen(server);
