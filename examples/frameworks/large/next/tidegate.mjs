/**
 * Next's standalone output: `NEXT_MANUAL_SIG_HANDLE=true node --import ./tidegate.mjs server.js`. The server
 * that Next makes is adopted.
 *
 * `NEXT_MANUAL_SIG_HANDLE` keeps Next from exiting at the signal, and `KEEP_ALIVE_TIMEOUT=72000`
 * keeps connections longer than the load balancer does.
 *
 * @module
 */

import http from 'node:http';
import { adopt, handleSignals } from 'tidegate/node';
import { health, lifecycle } from './lifecycle.mjs';

const { createServer } = http;
http.createServer = (...args) => {
  const server = createServer(...args);
  void adopt(server, { lifecycle, fetch: health });
  server.once('listening', () => {
    lifecycle.markReady();
    console.log(`listening on http://localhost:${server.address().port}`);
  });
  return server;
};
handleSignals(lifecycle);
