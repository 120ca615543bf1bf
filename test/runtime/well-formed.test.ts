/**
 * What goes out is well-formed, whatever a handler says: two strict parsers (llhttp in `node:http`,
 * undici in `fetch`) read exactly one response, and the next one on that connection is whole.
 *
 * @module
 */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import fc from 'fast-check';
import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESCRIBED, type Described, REMADE, UPSTREAM } from './mirror.ts';
import { bundle, Program, RUNTIMES } from './program.ts';

const MIRROR = join(import.meta.dirname, 'mirror.ts');
const NULL_BODY = [204, 205, 304];

interface Read {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** It came on the connection of the one before. */
  readonly isReused: boolean;
}

/** One connection at a time, kept as long as the server keeps it. */
class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Rejects for what is no whole response. */
  ask(headers: Record<string, string>, method = 'GET'): Promise<Read> {
    return new Promise((resolve, reject) => {
      const options = { port: this.#port, host: '127.0.0.1', agent: this.#agent, method, headers };
      const asked = request(options, (res) => {
        let body = '';
        res.setEncoding('latin1').on('data', (text: string) => {
          body += text;
        });
        res.on('error', reject);
        res.on('end', () => {
          if (!res.complete) return reject(new Error('It was cut'));
          const { statusCode: status = 0, headers, rawHeaders } = res;
          resolve({ status, headers, rawHeaders, body, isReused: asked.reusedSocket });
        });
      });
      asked.on('error', reject);
      asked.setTimeout(5_000, () => asked.destroy(new Error('It hung')));
      asked.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const length = fc.nat({ max: 40_000 });
const header = fc.oneof(
  fc.constantFrom<[string, string]>(
    ['connection', 'keep-alive'],
    ['connection', 'close'],
    ['connection', 'x-secret, upgrade'],
    ['keep-alive', 'timeout=1000'],
    ['transfer-encoding', 'chunked'],
    ['transfer-encoding', 'gzip, chunked'],
    ['te', 'trailers'],
    ['trailer', 'x-late'],
    ['upgrade', 'h2c'],
    ['proxy-connection', 'keep-alive'],
    ['x-secret', 'for one connection'],
    ['content-type', 'text/plain'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['date', 'yesterday'],
  ),
  fc
    .oneof(
      length.map(String),
      fc.constantFrom('', '-1', '1e3', '0x10', '5, 5', '99999999999999999'),
    )
    .map((text): [string, string] => ['content-length', text]),
);
const described: fc.Arbitrary<Described> = fc
  .record({
    status: fc.oneof(
      fc.constantFrom(200, 201, 204, 205, 206, 304, 404, 503),
      fc.integer({ min: 200, max: 599 }),
    ),
    headers: fc.array(header, { maxLength: 5 }),
    body: fc.constantFrom(
      'none',
      'text',
      'bytes',
      'blob',
      'stream',
      'slow stream',
      'broken stream',
      'stream of text',
    ),
    pieces: fc.array(fc.oneof(fc.constantFrom(0, 1), length), { maxLength: 4 }),
  })
  .map((it) => ({ ...it, body: NULL_BODY.includes(it.status) ? ('none' as const) : it.body }));

/** One framing, and no header of ours that the handler said. */
function expectHead({ rawHeaders, headers, status }: Read): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const framings = names.filter((name) => /^(content-length|transfer-encoding)$/.test(name));
  expect(framings.length).toBeLessThanOrEqual(1);
  if (headers['transfer-encoding'] !== undefined) {
    expect(headers['transfer-encoding']).toBe('chunked');
    expect(NULL_BODY).not.toContain(status);
  }
  for (const name of ['te', 'trailer', 'upgrade', 'proxy-connection']) {
    expect(names).not.toContain(name);
  }
  expect(headers['keep-alive']).not.toBe('timeout=1000');
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  let program: Program;
  beforeAll(async () => {
    bundle(MIRROR);
    program = await Program.start(runtime, {}, MIRROR);
  });
  afterAll(() => program.kill());

  // Deno 2.9.6 sends a 205 without any framing, whatever length, coding or end of the connection it is
  // said to have, so that a client waits; to be lifted when it no longer does.
  const possible = described.filter(({ status }) => runtime !== 'deno' || status !== 205);

  /** Deno reads a blob as the stream that it is elsewhere, too. */
  const streams = runtime === 'deno' ? /stream|blob/ : /stream/;

  it('a response is one, whatever the handler says of it, and the next one is whole', async () => {
    const property = fc.asyncProperty(
      possible,
      fc.constantFrom('GET', 'GET', 'HEAD', 'POST'),
      async (it, method) => {
        const connection = new Connection(program.port);
        const all = it.body === 'none' ? 0 : it.pieces.reduce((sum, each) => sum + each, 0);
        try {
          const first = await connection
            .ask({ [DESCRIBED]: JSON.stringify(it) }, method)
            .catch(() => undefined);
          const isKept = first !== undefined && first.headers.connection !== 'close';
          if (first === undefined) {
            // Only a body that breaks, or is not of the length that was said once it is too late.
            expect(it.body).toMatch(streams);
            const says = it.headers.some(([name]) => name === 'content-length');
            expect(says || /broken|of text/.test(it.body)).toBe(true);
          } else if (runtime === 'node') {
            expectHead(first);
            if (first.status === 500 && it.status !== 500) {
              expect(it.body).toMatch(/broken stream|stream of text/);
            } else {
              expect(first.status).toBe(it.status);
              const isCut = it.body.includes('stream') && first.body.length < all;
              if (method !== 'HEAD' && !isCut) expect(first.body).toBe('a'.repeat(all));
            }
          }
          const next = await connection.ask({});
          expect([next.status, next.body]).toEqual([200, 'next']);
          // What was more than one response would have cost the connection.
          if (runtime === 'node' && isKept && first.status === it.status) {
            // Node's client keeps no connection on which a HEAD was answered without a length.
            const says = it.headers.some(([name]) => name === 'content-length');
            if (!says && method !== 'HEAD') expect(next.isReused).toBe(true);
          }
        } finally {
          connection.close();
        }
      },
    );
    const seed = Date.now() | 0;
    console.log(`${runtime}: responses with seed ${seed}`);
    await fc.assert(property, { numRuns: 300, seed });
    expect(program.isOver).toBe(false);
  });

  it.skipIf(runtime !== 'node')(
    'a stream that is not of its length is no whole response',
    async () => {
      const ask = async (said: number): Promise<[string | undefined, boolean]> => {
        const connection = new Connection(program.port);
        const headers = [['content-length', String(said)]] as const;
        const it: Described = { status: 200, headers, body: 'slow stream', pieces: [3, 4] };
        const first = await connection
          .ask({ [DESCRIBED]: JSON.stringify(it) })
          .catch(() => undefined);
        const { isReused } = await connection.ask({});
        connection.close();
        return [first?.body, isReused];
      };
      expect(await ask(7)).toEqual(['aaaaaaa', true]);
      expect(await ask(10)).toEqual([undefined, false]);
      expect(await ask(5)).toEqual([undefined, false]);
      // It was whole before there was more: the rest is nobody's.
      expect(await ask(3)).toEqual(['aaa', true]);
      expect(await ask(0)).toEqual(['', true]);
    },
  );

  it('undici reads the same, with the next request on its heels', async () => {
    const property = fc.asyncProperty(possible, async (it) => {
      const client = new Client(`http://127.0.0.1:${program.port}`, { pipelining: 2 });
      const ask = async (headers: Record<string, string>): Promise<[number, string]> => {
        const { statusCode, body } = await client.request({ path: '/', method: 'GET', headers });
        return [statusCode, await body.text()];
      };
      const [first, next] = await Promise.allSettled([
        ask({ [DESCRIBED]: JSON.stringify(it) }),
        ask({}),
      ]);
      if (first.status === 'rejected') expect(it.body).toMatch(streams);
      expect(next).toMatchObject({ status: 'fulfilled', value: [200, 'next'] });
      await client.destroy();
    });
    const seed = Date.now() | 0;
    console.log(`${runtime}: responses to undici with seed ${seed}`);
    await fc.assert(property, { numRuns: 150, seed });
  });

  describe('what fetch(upstream) gave', () => {
    const TEXT = 'What comes from upstream. '.repeat(40);
    const codings: Readonly<Record<string, (text: string) => Buffer>> = {
      gzip: (text) => gzipSync(text),
      deflate: (text) => deflateSync(text),
      br: (text) => brotliCompressSync(text),
      identity: (text) => Buffer.from(text),
    };
    let upstream: Server;
    let port = 0;
    /** Says exactly these bytes to whoever asks. */
    let bytes: Buffer = Buffer.alloc(0);
    beforeAll(async () => {
      upstream = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(bytes));
      });
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
      port = (upstream.address() as AddressInfo).port;
    });
    afterAll(() => {
      upstream.close();
    });

    const asked = (isRemade: boolean): Record<string, string> => ({
      [UPSTREAM]: `http://127.0.0.1:${port}/`,
      ...(isRemade ? { [REMADE]: 'yes' } : {}),
    });

    const says = (head: readonly string[], body: Buffer): void => {
      const lines = ['HTTP/1.1 200 OK', ...head, '', ''].join('\r\n');
      bytes = Buffer.concat([Buffer.from(lines), body]);
    };

    /** As a client reads it that goes by what it is told. */
    const decoded = ({ headers, body }: Read): string => {
      const bytes = Buffer.from(body, 'latin1');
      const coding = headers['content-encoding'];
      if (coding === 'gzip') return gunzipSync(bytes).toString();
      if (coding === 'deflate') return inflateSync(bytes).toString();
      return (coding === 'br' ? brotliDecompressSync(bytes) : bytes).toString();
    };

    const chunked = (body: Buffer): Buffer =>
      Buffer.concat([
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ]);

    it.each(
      Object.keys(codings).flatMap((coding) =>
        ['length', 'chunked', 'until the end'].map((framing) => [coding, framing] as const),
      ),
    )('is sent on whole: %s, framed by %s', async (coding, framing) => {
      const body = codings[coding]?.(TEXT) ?? Buffer.alloc(0);
      const head = [
        ...(coding === 'identity' ? [] : [`content-encoding: ${coding}`]),
        ...(framing === 'length' ? [`content-length: ${body.length}`] : []),
        ...(framing === 'chunked' ? ['transfer-encoding: chunked'] : []),
        'keep-alive: timeout=1000',
      ];
      says(head, framing === 'chunked' ? chunked(body) : body);
      const connection = new Connection(program.port);
      const read = await connection.ask(asked(false));
      if (runtime === 'node') expectHead(read);
      expect(decoded(read)).toBe(TEXT);
      expect((await connection.ask({})).body).toBe('next');
      connection.close();
    });

    // What a coding without a mark of its own has become cannot be seen: `new Response` forgets it.
    it.each(['gzip', 'identity'])('and made anew: %s', async (coding) => {
      const body = codings[coding]?.(TEXT) ?? Buffer.alloc(0);
      says([`content-encoding: ${coding}`, `content-length: ${body.length}`], body);
      const connection = new Connection(program.port);
      const read = await connection.ask(asked(true));
      expect(decoded(read)).toBe(TEXT);
      expect((await connection.ask({})).body).toBe('next');
      connection.close();
    });

    /** What an upstream says, true or not. */
    const upstreams = fc.record({
      status: fc.constantFrom(200, 200, 206, 404, 204, 304),
      coding: fc.constantFrom(...Object.keys(codings)),
      said: fc.constantFrom(
        '',
        'gzip',
        'x-gzip',
        'deflate',
        'br',
        'zstd',
        'gzip, br',
        'aes',
        'identity',
      ),
      isTrue: fc.boolean(),
      framing: fc.constantFrom('length', 'chunked', 'until the end', 'both', 'two lengths'),
      more: fc.constantFrom(0, 0, 0, 10, -10),
      size: fc.constantFrom(0, 1, 1_000, 100_000),
      isRemade: fc.boolean(),
      method: fc.constantFrom('GET', 'GET', 'HEAD'),
      head: fc.subarray([
        'keep-alive: timeout=1000',
        'connection: keep-alive, x-secret',
        'x-secret: yes',
        'upgrade: h2c',
        'trailer: x-late',
        'set-cookie: a=1',
      ]),
    });

    it('is one response, whatever an upstream says, and the next one is whole', async () => {
      const property = fc.asyncProperty(upstreams, async (it) => {
        const said = it.isTrue && it.coding !== 'identity' ? it.coding : it.said;
        const text = TEXT.repeat(Math.ceil(it.size / TEXT.length)).slice(0, it.size);
        const whole = codings[it.coding]?.(text) ?? Buffer.alloc(0);
        const isEmpty = it.status === 204 || it.status === 304 || it.method === 'HEAD';
        const lengths =
          ['length', 'both', 'two lengths'].indexOf(it.framing) < 0
            ? 0
            : it.framing === 'two lengths'
              ? 2
              : 1;
        const isChunked = it.framing === 'chunked' || it.framing === 'both';
        const lines = [
          `HTTP/1.1 ${it.status} It says`,
          ...(said === '' ? [] : [`content-encoding: ${said}`]),
          ...Array.from(
            { length: lengths },
            (_, no) => `content-length: ${whole.length + it.more + no}`,
          ),
          ...(isChunked ? ['transfer-encoding: chunked'] : []),
          ...it.head,
        ];
        const sent = isChunked ? chunked(whole) : whole;
        bytes = Buffer.concat([
          Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
          isEmpty ? Buffer.alloc(0) : sent,
        ]);
        const connection = new Connection(program.port);
        const read = await connection.ask(asked(it.isRemade), it.method).catch(() => undefined);
        expect((await connection.ask({})).body).toBe('next');
        connection.close();
        if (runtime === 'node' && read !== undefined) expectHead(read);
        // One that tells the truth is understood: what a coding without a mark of its own has become
        // cannot be seen in what `new Response` has made of it.
        const isMarked = it.coding === 'gzip' || it.coding === 'identity';
        const isHonest =
          (it.isTrue || it.said === '') &&
          (it.coding === 'identity' ? said === '' : said === it.coding) &&
          (lengths === 0 || (lengths === 1 && it.more === 0 && it.framing === 'length'));
        if (isHonest && !isEmpty && (isMarked || !it.isRemade)) {
          expect(read?.status).toBe(it.status);
          expect(decoded(read as Read) === text).toBe(true);
        }
        const client = new Client(`http://127.0.0.1:${program.port}`, { pipelining: 2 });
        const ask = async (headers: Record<string, string>): Promise<string> =>
          (await client.request({ path: '/', method: 'GET', headers })).body.text();
        const [, next] = await Promise.allSettled([ask(asked(it.isRemade)), ask({})]);
        expect(next).toMatchObject({ status: 'fulfilled', value: 'next' });
        await client.destroy();
      });
      const seed = Date.now() | 0;
      console.log(`${runtime}: upstreams with seed ${seed}`);
      await fc.assert(property, { numRuns: 150, seed });
    });

    it.each([
      ['too long', 10],
      ['too short', -10],
    ])('is no whole response when the length of the upstream is %s', async (_, more) => {
      const body = Buffer.from(TEXT);
      says([`content-length: ${body.length + more}`], body);
      const connection = new Connection(program.port);
      const read = await connection.ask(asked(false)).catch(() => undefined);
      if (more > 0)
        expect(read).toSatisfy((it: Read | undefined) => it === undefined || it.status >= 500);
      expect((await connection.ask({})).body).toBe('next');
      connection.close();
    });
  });
});
