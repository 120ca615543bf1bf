/**
 * Raw requests on many connections at once, beside senders that never end one. It says what came
 * back, and judges nothing.
 *
 * @module
 */

import { connect } from 'node:net';
import { TOKEN } from '../examples/process.ts';
import { Dice, draw } from './requests.ts';

const CONNECTIONS = 24;
/** A connection that was given up by neither side is left alone after this long. */
const PATIENCE_MS = 1_500;

/** How often each status came back. */
export type Statuses = Record<string, number>;

/** Sends `requests` of them, drawn by `seed`, while slow senders hold connections open. */
export async function barrage(port: number, seed: number, requests: number): Promise<Statuses> {
  const stop = slowSenders(port);
  const left = { count: requests };
  const all = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) =>
      send(port, new Dice(seed + index * 7919), left),
    ),
  );
  stop();
  const statuses: Statuses = {};
  for (const status of all.flat()) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

/** What came back on one connection, as Latin-1. Never rejects: a reset is an answer, too. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    socket.end(bytes, 'latin1');
  });
}

/** Connections whose request never comes whole: heads and bodies of a byte now and then. */
function slowSenders(port: number): () => void {
  const heads = [
    'POST /admin/readonly HTTP/1.1\r\nhost: a\r\ncontent-length: 4000\r\n\r\n{',
    `POST /admin/readonly HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${TOKEN}\r\n`.concat(
      'content-length: 4000\r\n\r\n{',
    ),
    'POST /admin/shutdown HTTP/1.1\r\nhost: a\r\nx: ',
    'PUT /documents/slow HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n',
  ];
  const sockets = [...heads, ...heads].map((head) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume().write(head);
    return socket;
  });
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 100);
  return () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

/** Sends until none are left to send, and collects the status lines. */
async function send(port: number, dice: Dice, left: { count: number }): Promise<string[]> {
  const statuses: string[] = [];
  while (left.count > 0) {
    let bytes = '';
    // Pipelined, as long as the server can tell where each request ends.
    for (let more = true; more && left.count > 0 && bytes.length < 100_000; left.count -= 1) {
      const attempt = draw(dice);
      bytes += attempt.bytes;
      more = attempt.keepsFraming;
    }
    for (const [, status = ''] of (await exchange(port, bytes)).matchAll(
      /HTTP\/1\.[01] (\d{3})/g,
    )) {
      statuses.push(status);
    }
  }
  return statuses;
}
