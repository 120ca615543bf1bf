/**
 * Part `drain`: from SIGTERM to the exit of the process, with so many kept-alive connections, each of
 * which has had its answer. The control is a process that exits at once.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { type Job, SkipError } from '../harness/job.ts';
import type { Runtime } from '../harness/runtimes.ts';
import { Served } from '../harness/served.ts';

/** Descriptors that a process needs beside its connections. */
const SPARE = 200;
/** Connections that are opened at once: fewer than a listener's backlog. */
const WAVE = 200;

/** One for each number of connections. */
export const drainJobs: readonly Job[] = [
  ...[1, 100, 10_000].map(
    (size): Job => ({
      part: 'drain',
      case: 'SIGTERM to exit, idle connections',
      variant: 'tidegate',
      size,
      unit: 'ms',
      rounds: 3,
      run: (runtime) => exitTime(runtime, 'drain', size),
    }),
  ),
  {
    part: 'drain',
    case: 'SIGTERM to exit, idle connections',
    variant: 'bare exit',
    size: 1,
    unit: 'ms',
    rounds: 3,
    run: (runtime) => exitTime(runtime, 'bare exit', 1),
  },
];

async function exitTime(runtime: Runtime, kind: string, size: number): Promise<number[]> {
  const limit = descriptors();
  if (size + SPARE > limit) {
    throw new SkipError(`${size} connections need more than ${limit} descriptors: raise ulimit -n`);
  }
  const served = await Served.start(runtime, kind);
  const sockets: Socket[] = [];
  try {
    for (let opened = 0; opened < size; opened += WAVE) {
      const wave = Math.min(WAVE, size - opened);
      sockets.push(...(await Promise.all(Array.from({ length: wave }, () => used(served.port)))));
    }
    return [await served.terminate()];
  } finally {
    for (const socket of sockets) socket.destroy();
    await served.kill();
  }
}

/** A connection that has had one answer and is kept alive. */
function used(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    });
    socket.once('data', () => {
      socket.resume();
      resolve(socket);
    });
    socket.once('error', reject);
    // Being closed by the server is what all this is about.
    socket.on('error', () => {});
  });
}

/** How many descriptors a process may have, as its children will inherit it. */
function descriptors(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}
