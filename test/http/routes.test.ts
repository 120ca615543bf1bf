/**
 * Every route in every phase by every method: status, all headers, and what it did to the phase.
 * What is in the bodies is told in the other files of this folder.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import type { Phase } from '../../src/index.ts';
import { REPORT, turn } from '../conformance/suite.ts';
import {
  ask,
  BACKENDS,
  BEARER,
  jsonHeaders,
  METHODS,
  PHASES,
  READS,
  ROUTES,
  room,
  type Seen,
  stateOf,
} from './wire.ts';

/** The status in each phase, of the right method by somebody who may. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  '/health/live': [200, 200, 200, 200, 503],
  '/health/ready': [503, 200, 200, 503, 503],
  '/health/ready/write': [503, 200, 503, 503, 503],
  '/health/startup': [503, 200, 200, 503, 503],
  '/metrics': [200, 200, 200, 200, 200],
  '/admin/status': [200, 200, 200, 200, 200],
  '/admin/drain': [409, 200, 200, 200, 200],
  '/admin/shutdown': [200, 200, 200, 200, 200],
  '/admin/readonly': [200, 200, 200, 200, 200],
};

/** The phase afterwards, where it is another. */
const MOVES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  '/admin/drain': { 1: 2 },
  '/admin/shutdown': { 0: 4, 1: 4, 2: 4, 3: 4 },
};

const CLOSE = { connection: 'close' };
const cases = ROUTES.flatMap((path) => PHASES.map((name, phase) => ({ path, name, phase })));

it('runs on the runtime that it is said to run on', () => {
  const { Deno, Bun } = globalThis as { readonly Deno?: unknown; readonly Bun?: unknown };
  const runtime = Deno !== undefined ? 'deno' : Bun !== undefined ? 'bun' : 'node';
  expect(runtime).toBe(process.env.TEST_RUNTIME ?? runtime);
});

describe.each(BACKENDS)('on %s', (backend) => {
  describe.each(cases)('$path in $name', ({ path, phase }) => {
    const right = READS.includes(path) ? ['GET', 'HEAD'] : ['POST'];

    it(`answers ${right.join(' and ')}`, async () => {
      for (const method of right) {
        const { lifecycle, handler } = room(backend, phase as Phase);
        const body = path === '/admin/readonly' ? '{"enabled":true}' : null;
        const pending = ask(handler, method, path, { headers: BEARER, body });
        if (path === '/admin/shutdown' && phase === 3) await finishFor(lifecycle, pending);
        const { status, headers, text } = await pending;
        const after = MOVES[path]?.[phase] ?? phase;
        const type = 'text/plain; version=0.0.4; charset=utf-8';
        expect({ method, status, headers, isEmpty: text === '' }).toEqual({
          method,
          status: STATUSES[path]?.[phase],
          headers: jsonHeaders({
            ...(path === '/metrics' && { 'content-type': type }),
            ...(STATUSES[path]?.[phase] === 503 && { 'retry-after': '1' }),
            ...(after >= 3 && CLOSE),
          }),
          isEmpty: method === 'HEAD',
        });
        expect(lifecycle.phase()).toBe(after);
      }
    });

    it('answers 405 to every other method, and changes nothing', async () => {
      const { lifecycle, handler } = room(backend, phase as Phase);
      const before = stateOf(lifecycle);
      const allow = [...right, 'OPTIONS'].join(', ');
      for (const method of METHODS.filter((each) => !allow.includes(each))) {
        // With and without a token: the method is looked at first.
        for (const headers of [BEARER, {}]) {
          const seen = await ask(handler, method, path, { headers });
          expect({ ...seen, text: undefined, json: undefined }).toEqual({
            status: 405,
            headers: jsonHeaders({ allow, ...(phase >= 3 && CLOSE) }),
          });
          const error = `The method is "${method}", not ${allow}`;
          expect(seen.text).toBe(method === 'HEAD' ? '' : JSON.stringify({ ok: false, error }));
        }
      }
      expect(stateOf(lifecycle)).toBe(before);
    });
  });
});

describe('a path', () => {
  const near = ROUTES.flatMap((path) => [
    `${path}/`,
    `${path}x`,
    `/${path}`,
    path.toUpperCase(),
    path.replace('/', '/%2e/x/'),
    path.replace(/.$/, (last) => `%${last.charCodeAt(0).toString(16)}`),
    `/internal${path}`,
  ]);

  it.each(['/', '/health', '/admin', '/documents/1', '/*', '/%00', '//', ...near])(
    '%s is not ours',
    async (path) => {
      const { handler } = room();
      for (const method of METHODS) {
        const request = new Request(`http://localhost${path}`, { method });
        expect(await handler(request)).toBeUndefined();
      }
    },
  );

  it.each(ROUTES)('%s is ours with any query, fragment, host and scheme', async (path) => {
    const { handler } = room();
    const method = READS.includes(path) ? 'GET' : 'PUT';
    for (const prefix of ['http://localhost', 'https://example.org:8443', 'http://[::1]:1']) {
      for (const suffix of ['', '?', '?a=/b', '#there', '?%zz']) {
        const response = await handler(new Request(`${prefix}${path}${suffix}`, { method }));
        expect(response).toBeInstanceOf(Response);
        await response?.body?.cancel();
      }
    }
  });

  it('is ours below the base path only', async () => {
    const basePath = '/internal/v1';
    const { handler } = room('wasm', 1, { basePath });
    for (const path of READS.filter((each) => each !== '/admin/status')) {
      expect((await ask(handler, 'GET', basePath + path)).status).toBe(200);
      // One is of the same length, and one has it further on.
      const others = [path, `/external/v1${path}`, `/x${basePath}${path}`, `${basePath}/${path}`];
      for (const other of others) {
        expect(await handler(new Request(`http://localhost${other}`))).toBeUndefined();
      }
    }
  });
});

/** The application shuts down itself: the call joins, and waits for its report. */
async function finishFor(
  lifecycle: { finishShutdown(report: typeof REPORT): boolean },
  pending: Promise<Seen>,
): Promise<void> {
  let isAnswered = false;
  const answered = pending.then(() => {
    isAnswered = true;
  });
  await turn(5);
  expect(isAnswered).toBe(false);
  expect(lifecycle.finishShutdown(REPORT)).toBe(true);
  await answered;
}
