/**
 * Every way to show the right token, on every route that asks for one: which are taken, and which
 * are not, is a table and not a matter of luck.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { basic, CALLS, jsonHeaders, room, stateOf, TOKEN, taken } from './wire.ts';

const ASKING = ['/admin/status', ...CALLS, '/metrics'];
const OPTIONS = { adminToken: TOKEN, metricsToken: TOKEN };
const PASSWORD = basic(TOKEN).authorization ?? '';

/** `bearer` is taken everywhere, `basic` by the status page only, and `none` nowhere. */
const SHOWN: readonly (readonly [header: string, as: 'bearer' | 'basic' | 'none'])[] = [
  [`Bearer ${TOKEN}`, 'bearer'],
  [`bearer ${TOKEN}`, 'bearer'],
  [`BEARER    ${TOKEN}`, 'bearer'],
  [PASSWORD, 'basic'],
  [PASSWORD.replace('Basic', 'bASIC'), 'basic'],
  [basic(TOKEN, '').authorization ?? '', 'basic'],
  ...['Token', 'Digest', 'Negotiate', 'Bearers', 'Bear', 'Bearer,', 'Bearer:', '"Bearer"', 'X'].map(
    (scheme) => [`${scheme} ${TOKEN}`, 'none'] as const,
  ),
  [TOKEN, 'none'],
  [` ${TOKEN}`, 'none'],
  [`Bearer${TOKEN}`, 'none'],
  [`Bearer\t${TOKEN}`, 'none'],
  [`Bearer Bearer ${TOKEN}`, 'none'],
  [`Bearer "${TOKEN}"`, 'none'],
  [`Bearer token=${TOKEN}`, 'none'],
  [`Bearer ${TOKEN}, Bearer ${TOKEN}`, 'none'],
  [`Bearer wrong, Bearer ${TOKEN}`, 'none'],
  [`Bearer ${btoa(TOKEN)}`, 'none'],
  [`Bearer ${btoa(`anybody:${TOKEN}`)}`, 'none'],
  [`Basic ${TOKEN}`, 'none'],
  [`Basic ${btoa(TOKEN)}`, 'none'],
  [`Basic ${btoa(`${TOKEN}:`)}`, 'none'],
  [`Basic ${btoa(`anybody:${TOKEN}:`)}`, 'none'],
  [`Basic ${btoa(`anybody: ${TOKEN}`)}`, 'none'],
  ['Bearer', 'none'],
  ['Bearer ', 'none'],
  ['Basic', 'none'],
  ['Basic Og==', 'none'],
  ['Basic \u00ff', 'none'],
  ['', 'none'],
];

const cases = ASKING.flatMap((path) => SHOWN.map(([header, as]) => ({ path, header, as })));

describe.each(cases)('$path with "$header"', ({ path, header, as }) => {
  const isTaken = as === 'bearer' || (as === 'basic' && path === '/admin/status');

  it(isTaken ? 'is let in' : 'is 401, and changes nothing', async () => {
    const methods = CALLS.includes(path) ? ['POST'] : ['GET', 'HEAD'];
    for (const method of methods) {
      const { lifecycle, handler } = room('wasm', 1, OPTIONS);
      const before = stateOf(lifecycle);
      const body = path === '/admin/readonly' ? '{"enabled":true}' : null;
      const init = { method, body, headers: { authorization: header } };
      const response = await handler(new Request(`http://localhost${path}`, init));
      const seen = response === undefined ? undefined : await taken(response);
      expect(seen?.status).toBe(isTaken ? 200 : 401);
      if (isTaken) continue;
      const bearer = 'Bearer realm="tidegate"';
      const challenge = path === '/admin/status' ? `Basic realm="tidegate", ${bearer}` : bearer;
      expect(seen?.headers).toEqual(jsonHeaders({ 'www-authenticate': challenge }));
      const error = JSON.stringify({ ok: false, error: 'The token is missing or wrong' });
      expect(seen?.text).toBe(method === 'HEAD' ? '' : error);
      expect(stateOf(lifecycle)).toBe(before);
    }
  });
});

it('a token in the address is no token', async () => {
  const { handler } = room('wasm', 1, OPTIONS);
  for (const query of [
    `token=${TOKEN}`,
    `access_token=${TOKEN}`,
    `authorization=Bearer ${TOKEN}`,
  ]) {
    const request = new Request(`http://localhost/admin/status?${encodeURI(query)}`);
    expect((await handler(request))?.status).toBe(401);
  }
});
