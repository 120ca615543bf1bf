/**
 * Functions that an application gives the handler: `adminToken` and `details`. Whatever they do, a request
 * gets its answer, and the operator hears of the fault once.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { createHandler, type Handler, type HandlerOptions } from '../../src/http/index.ts';
import { Lifecycle, type LogEvent } from '../../src/index.ts';
import { installLog } from '../../src/lifecycle/journal.ts';
import { ask, basic, CALLS, stateOf } from './wire.ts';

interface Subject {
  readonly lifecycle: Lifecycle;
  readonly handler: Handler;
  readonly log: LogEvent[];
}

function subject(options: HandlerOptions): Subject {
  const lifecycle = Lifecycle.create();
  lifecycle.markReady();
  const log: LogEvent[] = [];
  installLog(lifecycle, (event) => log.push(event));
  return { lifecycle, handler: createHandler(lifecycle, options), log };
}

/** An answer that no JSON, no header and no token can be made of; each throws in another place. */
const fail = (): never => {
  throw new Error('the vault is sealed');
};

describe('adminToken as a function', () => {
  const status = async (handler: Handler, headers: Readonly<Record<string, string>>) =>
    (await ask(handler, 'GET', '/admin/status', { headers })).status;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('is asked at each request, so that the token can be rotated', async () => {
    let token = 'first';
    let asked = 0;
    const { handler, log } = subject({
      adminToken: () => {
        asked += 1;
        return token;
      },
    });
    expect(asked).toBe(0);
    expect(await status(handler, bearer('first'))).toBe(200);
    expect(await status(handler, basic('first'))).toBe(200);
    token = 'second';
    expect(await status(handler, bearer('first'))).toBe(401);
    expect(await status(handler, bearer('second'))).toBe(200);
    expect(asked).toBe(4);
    const drain = await ask(handler, 'POST', '/admin/drain', { headers: bearer('second') });
    expect(drain.status).toBe(200);
    expect(log).toEqual([]);
  });

  it('is not called for routes that are not admin calls', async () => {
    const { handler, log } = subject({ adminToken: fail });
    expect((await ask(handler, 'GET', '/health/ready')).status).toBe(200);
    expect((await ask(handler, 'GET', '/metrics')).status).toBe(200);
    expect((await ask(handler, 'OPTIONS', '/admin/drain')).status).toBe(204);
    expect((await ask(handler, 'PUT', '/admin/drain')).status).toBe(405);
    expect(log).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['returns an empty string', () => ''],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns a number', () => 1],
    ['returns a promise', () => Promise.resolve('undefined')],
    ['returns a promise that rejects', () => Promise.reject(new Error('sealed'))],
    ['returns a token that ends in a newline', () => 'undefined\n'],
    ['returns what no header can carry', () => 'a\u0000b'],
  ])('that %s closes the admin for everybody: 403, and nothing moves', async (_, give) => {
    for (const openAdmin of [false, true]) {
      const { lifecycle, handler, log } = subject({ adminToken: give as () => string, openAdmin });
      const before = stateOf(lifecycle);
      for (const shown of ['', 'undefined', 'null', '1', '[object Promise]', 'a']) {
        for (const headers of [bearer(shown), basic(shown), {}]) {
          expect(await status(handler, headers)).toBe(403);
          for (const path of CALLS) {
            expect((await ask(handler, 'POST', path, { headers })).status).toBe(403);
          }
        }
      }
      expect(stateOf(lifecycle)).toBe(before);
      // Once, not at each of these requests, and without the token.
      expect(log.map(({ type }) => type)).toEqual(['token_failed']);
      expect(log[0]?.error).toBeInstanceOf(Error);
      expect(String(log[0]?.error)).not.toContain('undefined');
    }
  });

  it('is heard of again when it fails again', async () => {
    let isSealed = true;
    const { handler, log } = subject({ adminToken: () => (isSealed ? fail() : 'token') });
    expect(await status(handler, bearer('token'))).toBe(403);
    isSealed = false;
    expect(await status(handler, bearer('token'))).toBe(200);
    isSealed = true;
    // The token of a moment ago is no longer one.
    expect(await status(handler, bearer('token'))).toBe(403);
    expect(log).toHaveLength(2);
  });
});

describe('details', () => {
  const READY = ['/health/ready', '/health/ready/write', '/health/startup'];
  const circle: Record<string, unknown> = {};
  circle.self = circle;

  it.each<[string, () => unknown]>([
    ['throw', fail],
    ['are a promise', () => Promise.resolve({ region: 'eu' })],
    ['are a promise that rejects', () => Promise.reject(new Error('late'))],
    ['go in a circle', () => circle],
    ['have a BigInt', () => ({ rows: 1n })],
    [
      'have a getter that throws',
      () => ({
        get rows() {
          return fail();
        },
      }),
    ],
    ['are text', () => 'ready'],
    ['are a list', () => [1, 2]],
    ['say in JSON that they are text', () => new Date(0)],
    ['have a then that throws', () => Object.defineProperty({}, 'then', { get: fail })],
  ])('that %s break no probe: the answer is there without them', async (_, give) => {
    const { lifecycle, handler, log } = subject({ details: give as () => Record<string, unknown> });
    const plain = createHandler(lifecycle);
    for (const path of READY) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        expect(await ask(handler, method, path)).toEqual(await ask(plain, method, path));
      }
    }
    lifecycle.markDraining();
    expect((await ask(handler, 'GET', '/health/ready/write')).status).toBe(503);
    // Probes come every second: the fault is told once.
    expect(log.map(({ type }) => type)).toEqual(['details_failed']);
  });

  it.each([undefined, null, {}, { none: undefined }])('may be %o', async (none) => {
    const { lifecycle, handler, log } = subject({ details: () => none as never });
    expect((await ask(handler, 'GET', '/health/ready')).text).toBe(
      (await ask(createHandler(lifecycle), 'GET', '/health/ready')).text,
    );
    expect(log).toEqual([]);
  });

  it('are asked at each answer, and take the place of no key', async () => {
    let rows = 0;
    const { handler } = subject({
      details: () => ({ rows: ++rows, phase: 'mine', nested: [rows] }),
    });
    expect((await ask(handler, 'GET', '/health/ready')).json).toMatchObject({
      phase: 'ready',
      rows: 1,
      nested: [1],
    });
    expect((await ask(handler, 'GET', '/health/ready')).json).toMatchObject({
      rows: 2,
      nested: [2],
    });
  });
});
