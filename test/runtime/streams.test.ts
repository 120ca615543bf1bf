/**
 * Restarts over HTTP/2, with clients that ask without a pause: every stream is answered, or refused in
 * the way that makes clients repeat it. In one process, over real sockets.
 *
 * @module
 */

import {
  type ClientHttp2Session,
  connect,
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle, Phase } from '../../src/index.ts';
import { adopt } from '../../src/runtime/node.ts';
import { CERTIFICATE, KEY } from '../ends/certificate.ts';

const RESTARTS = 60;
const SESSIONS = 4;
/** Streams of one session that are open at a time, at most. */
const STREAMS = 40;

/** What became of the streams of one life of the service. */
interface Outcomes {
  /** Writes that were acknowledged, by their numbers. */
  readonly acknowledged: string[];
  answered: number;
  /** Answered 503 by a gate that was closed. */
  unavailable: number;
  /** Refused, or above the last one of a GOAWAY: clients repeat those. */
  refused: number;
  /** Neither. */
  readonly lost: string[];
}

let next = 0;

/** Asks once; resolves when it is known what has become of it. */
function ask(session: ClientHttp2Session, outcomes: Outcomes): Promise<void> {
  return new Promise((resolve) => {
    const isWrite = next++ % 2 === 0;
    const number = String(next);
    const head = { ':path': `/${number}`, ':method': isWrite ? 'POST' : 'GET' };
    let stream: ReturnType<ClientHttp2Session['request']>;
    try {
      stream = session.request(head, { endStream: !isWrite });
    } catch {
      // The session had ended before anything was sent.
      resolve();
      return;
    }
    if (isWrite) stream.end(number);
    let status = 0;
    let body = '';
    let isWhole = false;
    let error: NodeJS.ErrnoException | undefined;
    stream.setEncoding('utf8');
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (text: string) => {
      body += text;
    });
    stream.on('end', () => {
      isWhole = true;
    });
    stream.on('error', (thrown) => {
      error = thrown;
    });
    stream.on('close', () => {
      if (isWhole && status === 200 && body === number) {
        outcomes.answered += 1;
        if (isWrite) outcomes.acknowledged.push(number);
      } else if (isWhole && status === 503) outcomes.unavailable += 1;
      else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) outcomes.refused += 1;
      // It has no number on the wire: it was never sent.
      else if (stream.id === undefined) outcomes.refused += 1;
      else outcomes.lost.push(`${stream.id} ${status} ${stream.rstCode} ${error?.code} ${isWhole}`);
      resolve();
    });
  });
}

/** Sessions one after the other, until there is nobody to connect to. */
async function client(url: string, outcomes: Outcomes): Promise<void> {
  while (true) {
    const session = connect(url, { rejectUnauthorized: false });
    session.on('error', () => {});
    const isConnected = await new Promise<boolean>((resolve) => {
      session.once('connect', () => resolve(true));
      session.once('close', () => resolve(false));
    });
    if (!isConnected) return;
    // Whether or not anything was answered: there are always some on their way.
    const open: Set<Promise<void>> = new Set();
    while (!session.closed && !session.destroyed) {
      if (open.size < STREAMS) {
        const asked = ask(session, outcomes).then(() => {
          open.delete(asked);
        });
        open.add(asked);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(open);
  }
}

async function live(server: Http2Server, scheme: string, after: number): Promise<Outcomes> {
  const lifecycle = Lifecycle.create();
  const written: string[] = [];
  let flushed: readonly string[] = [];
  lifecycle.step({
    name: 'flush_wal',
    run() {
      flushed = [...written];
    },
  });
  server.on('request', (req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    req.on('end', () => {
      const number = req.url.slice(1);
      // A little later, as what has something to do.
      setImmediate(() => {
        if (req.method === 'POST') written.push(body);
        res.end(number);
      });
    });
  });
  const ours = await adopt(server, { lifecycle, fetch: createHandler(lifecycle), lingerMs: 20 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lifecycle.markReady();
  const outcomes: Outcomes = {
    acknowledged: [],
    answered: 0,
    unavailable: 0,
    refused: 0,
    lost: [],
  };
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: SESSIONS }, () =>
    client(`${scheme}://127.0.0.1:${port}`, outcomes),
  );
  while (outcomes.answered < after) await new Promise((resolve) => setImmediate(resolve));
  const { drained } = await lifecycle.shutdown();
  expect(drained).toBe(true);
  await Promise.all([...clients, ours.closed]);
  expect(lifecycle.phase()).toBe(Phase.Stopped);
  expect(flushed).toEqual(expect.arrayContaining(outcomes.acknowledged));
  return outcomes;
}

const MADE: readonly (readonly [string, string, () => Http2Server])[] = [
  ['plain', 'http', () => createServer()],
  ['over TLS', 'https', () => createSecureServer({ cert: CERTIFICATE, key: KEY })],
];

describe.each(MADE)('%s', (_, scheme, make) => {
  it(`${RESTARTS} restarts lose no stream, and acknowledge no write that the flush did not see`, async () => {
    const total = { answered: 0, unavailable: 0, refused: 0 };
    const lost: string[] = [];
    for (let count = 0; count < RESTARTS; count++) {
      const outcomes = await live(make(), scheme, 30 + ((count * 7) % 60));
      lost.push(...outcomes.lost);
      total.answered += outcomes.answered;
      total.unavailable += outcomes.unavailable;
      total.refused += outcomes.refused;
    }
    console.log(JSON.stringify(total));
    expect(lost).toEqual([]);
  });
});
