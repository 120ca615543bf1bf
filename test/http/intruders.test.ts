/**
 * Those who may not: near misses of the token, other schemes, other sites, at random, in every
 * phase. Nothing they send moves the lifecycle, is a server error, or lets them see the status.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKENDS,
  basic,
  CALLS,
  METHODS,
  PHASES,
  ROUTES,
  room,
  stateOf,
  TOKEN,
  taken,
} from './wire.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
let drawn = 0;

/** Each test draws others: with one seed for all, what one of them misses all would miss. */
function runs(): { numRuns: number; seed: number } {
  drawn += 1;
  return { numRuns: 400, seed: SEED + drawn };
}

console.log(`intruders with seed ${SEED}`);

const character = fc.constantFrom(...'aA0-_.~+/= :;,"\\%\u00e4\u00ff');
const junk = fc.string({ unit: character, maxLength: 40 });

/** A token that is nearly right, and never right once the blanks at its ends are gone. */
const nearToken = fc
  .oneof(
    fc.nat(TOKEN.length).map((length) => TOKEN.slice(0, length)),
    fc.nat(TOKEN.length - 1).map((from) => TOKEN.slice(from + 1)),
    fc
      .tuple(fc.nat(TOKEN.length), character)
      .map(([at, by]) => TOKEN.slice(0, at) + by + TOKEN.slice(at)),
    fc
      .tuple(fc.nat(TOKEN.length - 1), character)
      .map(([at, by]) => TOKEN.slice(0, at) + by + TOKEN.slice(at + 1)),
    fc.constantFrom(
      TOKEN.toUpperCase(),
      TOKEN + TOKEN,
      `${TOKEN}, ${TOKEN}`,
      `${TOKEN},`,
      `"${TOKEN}"`,
    ),
    junk,
  )
  .filter((token) => token.trim() !== TOKEN);

const authorization = fc.oneof(
  nearToken.map((token) => `Bearer ${token}`),
  nearToken.map((token) => basic(token).authorization ?? ''),
  fc
    .constantFrom('Digest', 'Token', 'Bearer:', 'Bearer,', 'Negotiate', '')
    .map((scheme) => `${scheme} ${TOKEN}`),
  fc.constantFrom(TOKEN, `Bearer${TOKEN}`, `Basic ${TOKEN}`, `Basic ${btoa(TOKEN)}`, 'Bearer', ''),
  junk,
);

const method = fc.constantFrom(...METHODS);
const body = fc.oneof(
  fc.constantFrom(null, '{"enabled":true}', '{"enabled":false}', '{', ''),
  fc.uint8Array({ maxLength: 5_000 }),
  fc.json({ maxDepth: 8 }),
);
const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...ROUTES) },
  fc
    .tuple(fc.constantFrom(...ROUTES), fc.webQueryParameters())
    .map(([base, query]) => `${base}?${query}`),
  fc.webPath(),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'content-length',
    'content-type',
    'host',
    'connection',
    'x-forwarded-for',
    'cookie',
  ),
  junk,
  { noNullPrototype: true },
);

/** A request, as far as these can be one at all; a GET has no body. */
function requestOf(
  to: string,
  by: string,
  sent: Readonly<Record<string, string>>,
  content: string | Uint8Array | null,
): Request | undefined {
  try {
    const bare = by === 'GET' || by === 'HEAD';
    const init = { method: by, headers: sent, body: bare ? null : (content as BodyInit | null) };
    return new Request(`http://localhost${to}`, init);
  } catch {
    return undefined;
  }
}

describe.each(BACKENDS)('on %s', (backend) => {
  describe.each(PHASES.map((name, phase) => [name, phase as 0 | 1 | 2 | 3 | 4] as const))(
    'in %s',
    (_, phase) => {
      it('without the token: no status, no call, no change', async () => {
        const { lifecycle, handler } = room(backend, phase);
        const before = stateOf(lifecycle);
        await fc.assert(
          fc.asyncProperty(
            path,
            method,
            authorization,
            headers,
            body,
            async (to, by, token, more, content) => {
              const request = requestOf(to, by, { ...more, authorization: token }, content);
              if (request === undefined) return;
              await claimRefused(handler(request), request);
              expect(stateOf(lifecycle)).toBe(before);
            },
          ),
          runs(),
        );
      });

      it('with Basic: no POST is accepted, though the password is right', async () => {
        const { lifecycle, handler } = room(backend, phase);
        const before = stateOf(lifecycle);
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...CALLS),
            junk,
            headers,
            body,
            async (to, user, more, content) => {
              const right = basic(TOKEN, user.replaceAll(':', ''));
              const request = requestOf(to, 'POST', { ...more, ...right }, content);
              if (request === undefined) return;
              expect((await handler(request))?.status).toBe(401);
              expect(stateOf(lifecycle)).toBe(before);
            },
          ),
          runs(),
        );
      });

      it('with an open admin: nothing from a page of another site', async () => {
        const { lifecycle, handler } = room(backend, phase, { openAdmin: true });
        const before = stateOf(lifecycle);
        const site = fc.oneof(
          fc
            .constantFrom('cross-site', 'same-site', 'CROSS-SITE', 'x')
            .map((value) => ({ 'sec-fetch-site': value })),
          fc
            .oneof(
              fc.webUrl(),
              fc.constantFrom(
                'null',
                'http://localhost.evil',
                'http://localhost:81',
                'file://',
                '*',
              ),
            )
            .map((origin) => ({ origin, 'sec-fetch-site': 'same-origin' })),
        );
        await fc.assert(
          fc.asyncProperty(path, method, site, body, async (to, by, from, content) => {
            const request = requestOf(to, by, { host: 'localhost', ...from }, content);
            if (request === undefined) return;
            await claimRefused(handler(request), request);
            expect(stateOf(lifecycle)).toBe(before);
          }),
          runs(),
        );
      });

      it('without a token that is set: 403, whatever is shown', async () => {
        const { lifecycle, handler } = room(backend, phase, {});
        const before = stateOf(lifecycle);
        for (const to of ['/admin/status', ...CALLS]) {
          for (const sent of [{}, basic(''), basic(TOKEN), { authorization: 'Bearer undefined' }]) {
            const by = CALLS.includes(to) ? 'POST' : 'GET';
            const request = requestOf(to, by, sent, '{"enabled":true}');
            const answer = await handler(request ?? new Request('http://localhost/'));
            expect(answer?.status).toBe(403);
            expect((await answer?.json()) as unknown).toEqual({
              ok: false,
              error: expect.stringContaining('adminToken'),
            });
          }
        }
        expect(stateOf(lifecycle)).toBe(before);
      });
    },
  );
});

/** Not ours, or a probe's or the metrics' own answer, or a refusal that tells nothing. */
async function claimRefused(
  answer: Promise<Response | undefined>,
  request: Request,
): Promise<void> {
  const response = await answer;
  if (response === undefined) return;
  const { pathname } = new URL(request.url);
  const { status, text } = await taken(response);
  expect(text).not.toContain(TOKEN);
  // What methods there are is told to everybody.
  if (request.method === 'OPTIONS') expect([204, 503]).toContain(status);
  else if (pathname.startsWith('/admin')) expect([401, 403, 405]).toContain(status);
  else expect([200, 405, 503]).toContain(status);
}
