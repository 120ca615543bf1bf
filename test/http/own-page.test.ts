/**
 * Calls with the password of the status page: which requests are taken for its script's own, and that
 * nothing else that a browser could be made to send moves anything.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { basic, jsonHeaders, room, stateOf, TOKEN, taken } from './wire.ts';

type Headers = Readonly<Record<string, string>>;

const ORIGIN = 'http://service.test:8080';
const CALLS = ['/admin/drain', '/admin/readonly', '/admin/shutdown'] as const;
/** What the script sends. */
const OWN: Headers = {
  ...basic(TOKEN),
  origin: ORIGIN,
  'sec-fetch-site': 'same-origin',
  'x-tidegate-page': '1',
};

const without = (name: string): Headers =>
  Object.fromEntries(Object.entries(OWN).filter(([each]) => each !== name));

async function post(path: string, headers: Headers) {
  const { lifecycle, handler } = room('wasm', 1, { adminToken: TOKEN });
  const before = stateOf(lifecycle);
  const body = path === '/admin/readonly' ? '{"enabled":true}' : null;
  const init = { method: 'POST', headers: { host: 'service.test:8080', ...headers }, body };
  const response = await handler(new Request(`${ORIGIN}${path}`, init));
  if (response === undefined) throw new Error('It is not ours');
  return { ...(await taken(response)), isChanged: stateOf(lifecycle) !== before };
}

describe.each(CALLS)('POST %s with the password', (path) => {
  it.each([
    ['as the script sends it', OWN],
    ['in a browser that says nothing of the site', without('sec-fetch-site')],
    ['behind a proxy that ends TLS', { ...OWN, origin: 'https://service.test:8080' }],
  ] as const)('is done %s', async (_, headers) => {
    expect(await post(path, headers)).toMatchObject({ status: 200, isChanged: true });
  });

  it.each([
    ["without the page's header, as by a form", without('x-tidegate-page')],
    ['without an origin', without('origin')],
    ['without both', basic(TOKEN)],
    ['from another host', { ...OWN, origin: 'http://evil.test' }],
    ['from another port', { ...OWN, origin: 'http://service.test:8081' }],
    ['from a sandbox', { ...OWN, origin: 'null' }],
    ['from a neighbour', { ...OWN, 'sec-fetch-site': 'same-site' }],
    ['from another site', { ...OWN, 'sec-fetch-site': 'cross-site' }],
    ['that is wrong', { ...OWN, ...basic('wrong') }],
    ['that is missing', without('authorization')],
  ] as const)('is 401 %s, and changes nothing', async (_, headers) => {
    const { status, headers: said, isChanged } = await post(path, headers);
    expect([status, isChanged]).toEqual([401, false]);
    // No browser asks its user for a password because of it.
    expect(said).toEqual(jsonHeaders({ 'www-authenticate': 'Bearer realm="tidegate"' }));
  });

  it('is asked about by OPTIONS first from another origin, and nobody is let in there', async () => {
    const { handler } = room('wasm', 1, { adminToken: TOKEN });
    const headers = {
      origin: 'http://evil.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-tidegate-page',
    };
    const response = await handler(new Request(`${ORIGIN}${path}`, { method: 'OPTIONS', headers }));
    const names = [...(response?.headers.keys() ?? [])];
    expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
