/**
 * Any request at all: no input makes the handler throw, answer with a server error of its own, or
 * move the lifecycle, but a valid admin call with the token.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { named, Subject, TOKEN } from './ask.ts';

const PATHS = [
  '/health/live',
  '/health/ready',
  '/health/ready/write',
  '/health/startup',
  '/metrics',
  '/admin/status',
  '/admin/drain',
  '/admin/shutdown',
  '/admin/readonly',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', 'X-ODD'];
const READS = ['GET', 'HEAD'];

const path = fc.oneof(
  fc.constantFrom(...PATHS),
  fc
    .tuple(fc.constantFrom(...PATHS), fc.webQueryParameters())
    .map(([it, query]) => `${it}?${query}`),
  fc
    .tuple(fc.constantFrom(...PATHS), fc.constantFrom('/', '//', '%00', ';a', '/..', '.'))
    .map((parts) => parts.join('')),
  fc.webPath(),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'authorization',
    'origin',
    'sec-fetch-site',
    'host',
    'content-type',
    'x-any',
    'content-length',
  ),
  fc.string({ unit: fc.constantFrom(...'aB1 :;,=/"\\%\x7f\xff\xe9'), maxLength: 60 }),
);
const body = fc.oneof(
  fc.constant(null),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.uint8Array({ maxLength: 5_000 }),
);

/** `undefined` if it cannot be made a Request at all: no server would hand it over. */
function requestOf(
  url: string,
  method: string,
  extra: Readonly<Record<string, string>>,
  content: string | Uint8Array | null,
): Request | undefined {
  try {
    return new Request(url, {
      method,
      headers: extra,
      body: READS.includes(method.toUpperCase()) ? null : (content as BodyInit | null),
    });
  } catch {
    return undefined;
  }
}

describe.each([0, 1, 2, 3, 4])('in phase %i', (phase) => {
  it('whoever has no token gets no server error and moves nothing', async () => {
    const subject = new Subject().in(phase);
    const before = subject.state();
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.constantFrom(...METHODS),
        headers,
        body,
        async (it, method, extra, content) => {
          fc.pre(!JSON.stringify(extra).includes(TOKEN));
          const request = requestOf(`http://service.test${it}`, method, extra, content);
          if (request === undefined) return;
          const reply = await subject.send(request);
          // 503 is what probes say; nothing else that begins with 5 is an answer to input.
          if (reply !== undefined && reply.status >= 500) {
            expect([reply.status, reply.json.phase ?? named(phase)]).toEqual([503, named(phase)]);
          }
          expect(subject.state()).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a caller with the token whose requests are invalid moves nothing either', async () => {
    const subject = new Subject().in(phase);
    const before = subject.state();
    await fc.assert(
      fc.asyncProperty(path, fc.constantFrom(...METHODS), body, async (it, method, content) => {
        const isValid = /^\/admin\/(drain|shutdown)(\?|$)/.test(it) && method === 'POST';
        fc.pre(!isValid);
        fc.pre(!/"enabled"/.test(String(content)));
        const authorization = `Bearer ${TOKEN}`;
        const request = requestOf(`http://service.test${it}`, method, { authorization }, content);
        if (request === undefined) return;
        const reply = await subject.send(request);
        if (reply !== undefined && reply.status >= 500) expect(reply.status).toBe(503);
        expect(subject.state()).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

it.each(PATHS)(
  '%s refuses every other method with 405, the right allow, and moves nothing',
  async (it) => {
    const isPost = /^\/admin\/(drain|shutdown|readonly)$/.test(it);
    for (const method of METHODS) {
      // Some methods are normalized, and Bun makes GET of those that it does not know.
      const { method: normal } = new Request('http://service.test/', { method });
      if (normal === 'OPTIONS' || (isPost ? normal === 'POST' : READS.includes(normal))) continue;
      const subject = new Subject().in(1);
      const before = subject.state();
      const { status, headers: found, json } = await subject.ask(it, { method });
      expect([status, found.get('allow')]).toEqual([
        405,
        isPost ? 'POST, OPTIONS' : 'GET, HEAD, OPTIONS',
      ]);
      expect(json).toMatchObject(method === 'HEAD' ? {} : { ok: false });
      expect(subject.state()).toBe(before);
    }
  },
);
