/**
 * Clients that take seconds over one request, each on a connection of its own: one that sends its
 * body bit by bit, and one that reads its response so.
 *
 * @module
 */

import { connect } from 'node:net';
import { Cut, type Reply, Wire } from '../runtime/wire.ts';

/** In how many parts a body is sent, and how long after each other. */
const PARTS = 25;
const PART_MS = 50;
/** How much is read at once, and how long after each other. */
const SIP = 256 * 1024;
const SIP_MS = 25;
/** What a piece of `/large` has. */
const PIECE = 65_536;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a body over more than a second. @throws {Cut} */
export async function uploadSlowly(port: number, target: string, body: string): Promise<Reply> {
  const wire = await Wire.open(port);
  try {
    wire.write(
      `PUT ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    const size = Math.ceil(body.length / PARTS);
    for (let at = 0; at < body.length && !wire.isOver; at += size) {
      wire.write(body.slice(at, at + size));
      await sleep(PART_MS);
    }
    return await wire.read();
  } finally {
    wire.socket.destroy();
  }
}

/**
 * Reads a response of so many pieces over more than a second, and says how many came, whatever
 * their transfer coding is: they consist of one letter that no coding has.
 *
 * @throws {Cut}
 */
export async function readSlowly(port: number, target: string, pieces: number): Promise<Reply> {
  const socket = connect({ port, host: '127.0.0.1' });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('close'));
  });
  socket.write(`GET ${target}${pieces} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  let head = '';
  let letters = 0;
  let sip = 0;
  socket.on('data', (chunk: Buffer) => {
    if (head.includes('\r\n\r\n')) letters += count(chunk);
    else {
      head += chunk.toString('latin1');
      letters = count(Buffer.from(head.slice(Math.max(0, head.indexOf('\r\n\r\n')))));
    }
    sip += chunk.length;
    if (sip < SIP) return;
    sip = 0;
    socket.pause();
    setTimeout(() => socket.resume(), SIP_MS);
  });
  const status = (): number => Number(head.split(' ')[1]);
  while (letters < pieces * PIECE && (head === '' || status() === 200)) {
    const reason = await Promise.race([ended, sleep(5)]);
    if (reason !== undefined) throw new Cut(`${head.slice(0, 100)} … ${letters}`, reason);
  }
  socket.destroy();
  return { status: status(), headers: new Map(), body: String(letters / PIECE) };
}

function count(chunk: Buffer): number {
  let letters = 0;
  for (const byte of chunk) letters += Number(byte === 120);
  return letters;
}
