/**
 * Which requests are taken for another site's when the admin calls are open: every combination of
 * what browsers say of themselves, and the hosts that an adapter fills in.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { jsonHeaders, room, stateOf, taken } from './wire.ts';

/** `undefined`: the header is not sent, as by clients that are no browsers. */
const SITES: Readonly<Record<string, boolean>> = {
  undefined: true,
  'same-origin': true,
  none: true,
  'same-site': false,
  'cross-site': false,
  '': false,
  'Same-Origin': false,
};
const ORIGINS: Readonly<Record<string, boolean>> = {
  undefined: true,
  'http://service.test:8080': true,
  // A proxy that ends TLS hides the scheme.
  'https://service.test:8080': true,
  'HTTP://SERVICE.TEST:8080': true,
  'http://public.test': true,
  'http://service.test': false,
  'http://service.test:8081': false,
  'http://service.test.evil:8080': false,
  'http://evil.test:8080': false,
  'http://public.test:8080': false,
  'http://evil.test/@public.test': false,
  'http://public.test@evil.test': false,
  null: false,
  '': false,
  '*': false,
  'service.test:8080': false,
  'http://': false,
};

const pairs = Object.keys(SITES).flatMap((site) =>
  Object.keys(ORIGINS).map((origin) => ({ site, origin })),
);

describe.each(pairs)('with sec-fetch-site "$site" and origin "$origin"', ({ site, origin }) => {
  const isOurs = SITES[site] === true && ORIGINS[origin] === true;

  it(isOurs ? 'is let in' : 'is 403, and changes nothing', async () => {
    for (const [method, path] of [
      ['GET', '/admin/status'],
      ['POST', '/admin/drain'],
      ['POST', '/admin/readonly'],
    ] as const) {
      const { lifecycle, handler } = room('wasm', 1, { openAdmin: true });
      const before = stateOf(lifecycle);
      // The address that the server has of itself, and the one that clients see.
      const headers = new Headers({ host: 'Public.test' });
      if (site !== 'undefined') headers.set('sec-fetch-site', site);
      if (origin !== 'undefined') headers.set('origin', origin);
      const body = path === '/admin/readonly' ? '{"enabled":true}' : null;
      const request = new Request(`http://service.test:8080${path}`, { method, headers, body });
      const response = await handler(request);
      const seen = response === undefined ? undefined : await taken(response);
      expect(seen?.status).toBe(isOurs ? 200 : 403);
      if (isOurs) continue;
      expect(seen?.headers).toEqual(jsonHeaders());
      expect(seen?.json).toEqual({ ok: false, error: expect.stringContaining('other sites') });
      expect(stateOf(lifecycle)).toBe(before);
    }
  });
});

it('looks at neither header where a token is asked for: pages do not have it', async () => {
  const { handler } = room('wasm', 1, { adminToken: 'secret', openAdmin: true });
  const headers = { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' };
  const get = async (more: Readonly<Record<string, string>>): Promise<number | undefined> => {
    const init = { headers: { ...headers, ...more } };
    return (await handler(new Request('http://service.test/admin/status', init)))?.status;
  };
  expect(await get({})).toBe(401);
  expect(await get({ authorization: 'Bearer secret' })).toBe(200);
});

it('lets pages of other sites see the probes and the metrics, which move nothing', async () => {
  const { handler } = room('wasm', 1, { openAdmin: true });
  const headers = { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' };
  for (const path of ['/health/live', '/health/ready', '/metrics']) {
    const response = await handler(new Request(`http://service.test${path}`, { headers }));
    expect(response?.status).toBe(200);
    expect(response?.headers.has('access-control-allow-origin')).toBe(false);
  }
});
