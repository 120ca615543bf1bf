/**
 * Request bodies at their limits: sizes that lie, streams that break off or never end, and what is
 * read of them at all.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import {
  BEARER,
  basic,
  CALLS,
  jsonHeaders,
  type Room,
  room,
  type Seen,
  stateOf,
  taken,
} from './wire.ts';

const ENABLE = new TextEncoder().encode('{"enabled":true}');
const SPACE = 0x20;

/** A stream that gives its chunks, and says how far it was read. */
class Source {
  given = 0;
  isCancelled = false;
  readonly stream: ReadableStream<Uint8Array>;

  /** @param end what comes after the last chunk: the end, a break, or more of the same for ever */
  constructor(chunks: readonly Uint8Array[], end: 'closed' | 'broken' | 'endless' = 'closed') {
    this.stream = new ReadableStream(
      {
        pull: (controller) => {
          const next = chunks[this.given] ?? (end === 'endless' ? chunks.at(-1) : undefined);
          this.given += 1;
          if (next !== undefined) controller.enqueue(next.slice());
          else if (end === 'closed') controller.close();
          else controller.error(new Error('the connection was reset'));
        },
        cancel: () => {
          this.isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function spaces(length: number): Uint8Array {
  return new Uint8Array(length).fill(SPACE);
}

/** `{"enabled":true}` and spaces, in chunks of these sizes. */
function padded(...sizes: readonly number[]): Uint8Array[] {
  const length = sizes.reduce((sum, size) => sum + size, 0);
  const all = spaces(length);
  all.set(ENABLE.subarray(0, length));
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return all.subarray(from - size, from);
  });
}

async function post(
  { handler }: Room,
  path: string,
  body: ReadableStream<Uint8Array> | Uint8Array | string | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  // Fetch wants `duplex` for a stream, and the type of a RequestInit does not have it yet.
  const init = { method: 'POST', headers: { ...BEARER, ...headers }, body, duplex: 'half' };
  const response = await handler(new Request(`http://localhost${path}`, init as RequestInit));
  if (response === undefined) throw new Error(`${path} was taken for somebody else's`);
  return taken(response);
}

describe.each(CALLS)('POST %s', (path) => {
  const tooLong: readonly (readonly [string, () => Source, Record<string, string>])[] = [
    ['one byte too long in one chunk', () => new Source([spaces(4_097)]), {}],
    ['one byte too long in two chunks', () => new Source(padded(4_096, 1)), {}],
    ['one byte too long, byte by byte', () => new Source(Array(4_097).fill(spaces(1))), {}],
    ['without an end', () => new Source([spaces(1_000)], 'endless'), {}],
    ['said to be short', () => new Source(padded(16, 4_081)), { 'content-length': '16' }],
    ['said to be too long', () => new Source(padded(16)), { 'content-length': '4097' }],
    ['said to be huge', () => new Source(padded(16)), { 'content-length': '9'.repeat(30) }],
    ['of a length that is no number', () => new Source(padded(5_000)), { 'content-length': 'x' }],
    ['of a negative length', () => new Source(padded(5_000)), { 'content-length': '-1' }],
  ];

  it.each(tooLong)('with a body %s is 413, and moves nothing', async (_, source, headers) => {
    const subject = room('wasm', 1);
    const before = stateOf(subject.lifecycle);
    const seen = await post(subject, path, source().stream, headers);
    expect([seen.status, seen.headers]).toEqual([413, jsonHeaders()]);
    expect(seen.json).toEqual({ ok: false, error: 'The body is longer than 4096 bytes' });
    expect(stateOf(subject.lifecycle)).toBe(before);
  });

  it.each([0, 1, 3])('with a body that breaks off after %i chunks is 400', async (count) => {
    const subject = room('wasm', 1);
    const before = stateOf(subject.lifecycle);
    const chunks = [ENABLE, spaces(10), spaces(10)].slice(0, count);
    const seen = await post(subject, path, new Source(chunks, 'broken').stream);
    expect([seen.status, seen.headers]).toEqual([400, jsonHeaders()]);
    expect(stateOf(subject.lifecycle)).toBe(before);
  });

  it('with a body that somebody has read before is 400', async () => {
    const subject = room('wasm', 1);
    const before = stateOf(subject.lifecycle);
    const init = { method: 'POST', headers: BEARER, body: ENABLE };
    const request = new Request(`http://localhost${path}`, init);
    await request.text();
    expect((await subject.handler(request))?.status).toBe(400);
    expect(stateOf(subject.lifecycle)).toBe(before);
  });

  it.each([
    ['in one chunk', [4_096]],
    ['in many chunks, some of them empty', [1, 0, 15, 0, 80, 4_000]],
    ['byte by byte', Array<number>(4_096).fill(1)],
  ])('takes a body of 4096 bytes %s', async (_, sizes) => {
    expect((await post(room('wasm', 1), path, new Source(padded(...sizes)).stream)).status).toBe(
      200,
    );
  });

  it('reads no body of a caller without access', async () => {
    const subject = room('wasm', 1);
    for (const headers of [{ authorization: 'Bearer wrong' }, basic('wrong')]) {
      const source = new Source([spaces(5_000)], 'endless');
      expect((await post(subject, path, source.stream, headers)).status).toBe(401);
      expect(source.given).toBe(0);
    }
  });

  it('stops reading at the limit, and cancels the rest', async () => {
    const source = new Source([spaces(1_000)], 'endless');
    expect((await post(room(), path, source.stream)).status).toBe(413);
    expect(source.given).toBe(5);
    expect(source.isCancelled).toBe(true);
  });

  it('waits for no sender that does not let itself be cancelled', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(spaces(3_000)),
      cancel: () => new Promise(() => {}),
    });
    expect((await post(room(), path, stream)).status).toBe(413);
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(spaces(3_000)),
      cancel: () => Promise.reject(new Error('no')),
    });
    expect((await post(room(), path, failing)).status).toBe(413);
  });
});

describe.each(['/admin/drain', '/admin/shutdown'])('POST %s, which has no fields,', (path) => {
  it.each(['', '{}', ' {"by":"a deploy"}\n'])('takes the body %j', async (body) => {
    expect((await post(room('wasm', 1), path, body)).status).toBe(200);
  });

  it.each([
    ['an object that was cut', '{"by":'],
    ['two values', '{}{}'],
    ['a word', 'now'],
    ['spaces', '  '],
    ['a list', '[]'],
    ['a string', '""'],
    ['null', 'null'],
    ['half a character', Uint8Array.of(0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d)],
  ])('with %s is 400, and moves nothing', async (_, body) => {
    const subject = room('wasm', 1);
    const before = stateOf(subject.lifecycle);
    const { status, headers, json } = await post(subject, path, body);
    expect([status, headers]).toEqual([400, jsonHeaders()]);
    expect(json).toEqual({ ok: false, error: 'The body is neither empty nor a JSON object' });
    expect(stateOf(subject.lifecycle)).toBe(before);
    expect(subject.lifecycle.shutdownRequested()).toBe(false);
  });
});

describe('POST /admin/readonly', () => {
  const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
    Uint8Array.from(
      parts.flatMap((part) =>
        typeof part === 'string' ? [...new TextEncoder().encode(part)] : part,
      ),
    );

  const malformed: readonly (readonly [string, Uint8Array | string])[] = [
    ['nothing', ''],
    ['spaces', '    '],
    ['arrays in arrays', '['.repeat(2_048) + ']'.repeat(2_048)],
    ['an open array of arrays', '['.repeat(4_096)],
    ['objects in objects', `${'{"enabled":'.repeat(340)}true${'}'.repeat(340)}`],
    ['two values', '{"enabled":true}{"enabled":true}'],
    ['a comma at the end', '{"enabled":true,}'],
    ['single quotes', "{'enabled':true}"],
    ['another name', '{"enable":true}'],
    ['the name of a prototype', '{"__proto__":{"enabled":true}}'],
    ['an inherited name', '{"__proto__":true}'],
    ['a second field', '{"enabled":true,"also":1}'],
    ['null', '{"enabled":null}'],
    ['a number', '{"enabled":0}'],
    ['a list', '[{"enabled":true}]'],
    ['a pair', '["enabled",true]'],
    ['a form', 'enabled=true'],
    ['half a character', bytes('{"enabled":true,"', [0xc3], '":1}')],
    ['an overlong character', bytes('{"enabled":true}', [0xc0, 0xa0])],
    ['a surrogate', bytes('{"', [0xed, 0xa0, 0x80], '":true}')],
    ['zeros', new Uint8Array(16)],
    ['UTF-16', bytes(...[...'{"enabled":true}'].map((letter) => [letter.charCodeAt(0), 0]))],
  ];

  it.each(malformed)('with %s is 400, and moves nothing', async (_, body) => {
    const subject = room('wasm', 1);
    const before = stateOf(subject.lifecycle);
    const { status, headers, json } = await post(subject, '/admin/readonly', body);
    expect([status, headers]).toEqual([400, jsonHeaders()]);
    expect(json).toEqual({ ok: false, error: expect.stringContaining('"enabled"') });
    expect(stateOf(subject.lifecycle)).toBe(before);
  });

  it.each([
    ['with spaces', ' {\n\t"enabled" : true\r\n} '],
    ['with an escaped name', '{"\\u0065nabled":true}'],
    ['after a byte order mark', bytes([0xef, 0xbb, 0xbf], '{"enabled":true}')],
    ['named twice, the last as JSON has it', '{"enabled":false,"enabled":true}'],
  ])('takes the field %s', async (_, body) => {
    const subject = room('wasm', 1);
    const { status, json } = await post(subject, '/admin/readonly', body);
    expect([status, json]).toEqual([200, { ok: true, read_only: true, changed: true }]);
  });

  it('needs no content type from a caller with the token', async () => {
    for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', '*/*']) {
      const seen = await post(room(), '/admin/readonly', ENABLE, { 'content-type': type });
      expect(seen.status).toBe(200);
    }
  });
});
