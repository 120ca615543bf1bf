/**
 * Bad arguments to every function of the doors, and what is taken back by its undo. Nothing is
 * installed by a call that throws.
 *
 * @module
 */

import { createServer } from 'node:http';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { Lifecycle, LifecycleError } from '../../src/index.ts';
import * as bun from '../../src/runtime/bun.ts';
import * as deno from '../../src/runtime/deno.ts';
import { onHeard } from '../../src/runtime/heard-signals.ts';
import { startHeartbeat } from '../../src/runtime/heartbeat.ts';
import * as node from '../../src/runtime/node.ts';
import { checkServe } from '../../src/runtime/options.ts';

/** One list of arguments a row. */
type Rows = [unknown[]][];

const lifecycle = Lifecycle.create();
const fetch = (): Response => new Response('x');

/** As untyped callers call. */
type Loose = (...args: unknown[]) => unknown;

const listening = (): number =>
  ['SIGTERM', 'SIGINT', 'SIGHUP'].reduce((sum, name) => sum + process.listenerCount(name), 0);

describe.each(Object.entries({ node, deno, bun }))('tidegate/%s', (_, door) => {
  it.each([
    [[]],
    [[null]],
    [['text']],
    [[{}]],
    [[{ lifecycle: {}, fetch }]],
    [[{ lifecycle: null, fetch }]],
    [[{ lifecycle }]],
    [[{ lifecycle, fetch: 'x' }]],
    ...[-1, 65_536, 1.5, Number.NaN, '80', null].map((port) => [[{ lifecycle, fetch, port }]]),
    ...['', 7, null].map((hostname) => [[{ lifecycle, fetch, hostname }]]),
    ...[-1, Number.NaN, Infinity, '5'].map((lingerMs) => [[{ lifecycle, fetch, lingerMs }]]),
    ...[-1, Number.NaN, Infinity, null].map((inFlightTimeoutMs) => [
      [{ lifecycle, fetch, inFlightTimeoutMs }],
    ]),
  ] as Rows)('serve%# rejects with invalid_argument', async (args) => {
    const error = await (door.serve as Loose as (...args: unknown[]) => Promise<never>)(
      ...args,
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({ code: 'invalid_argument' });
  });

  it.each([
    [[]],
    [[null]],
    [[{}]],
    [[lifecycle, null]],
    [[lifecycle, 'SIGTERM']],
    ...[['SIGNOPE'], ['SIGKILL'], ['SIGSTOP'], ['toString'], [15], 'SIGTERM', null].flatMap(
      (names) => [[[lifecycle, { signals: names }]], [[lifecycle, { force: names }]]],
    ),
    ...[
      {},
      [null],
      [{ run: fetch }],
      [{ name: '', run: fetch }],
      [{ name: 'x', run: 'x' }],
      [{ name: 'x', run: fetch, timeoutMs: -1 }],
      [{ name: 'x', run: fetch, timeoutMs: Number.NaN }],
      [{ name: 'x', run: fetch, timeout: 1 }],
    ].map((lastly) => [[lifecycle, { finally: lastly }]]),
    ...[true, null, 'stderr', {}].map((log) => [[lifecycle, { log }]]),
    [[lifecycle, { crashes: 1 }]],
    [[lifecycle, { forse: ['SIGINT'] }]],
    [[lifecycle, { servers: [createServer()], finaly: [] }]],
    ...[{}, [null], [{}], [7]].map((servers) => [[lifecycle, { servers }]]),
    [[lifecycle, { exit: 'no' }]],
  ] as Rows)('handleSignals%# throws invalid_argument and installs nothing', (args) => {
    const before = listening();
    let thrown: unknown;
    try {
      (door.handleSignals as Loose)(...args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'LifecycleError', code: 'invalid_argument' });
    expect(listening()).toBe(before);
  });

  it.each([
    [{ signals: ['SIGTREM'] }, 'SIGTREM', 'SIGTERM'],
    [{ signals: ['sigint'] }, 'sigint', 'SIGINT'],
    [{ force: ['INT'] }, 'INT', 'SIGINT'],
    [{ crash: true }, 'crash', 'crashes'],
    [{ finally: [{ name: 'x', run: fetch, timeout: 1 }] }, 'timeout', 'timeoutMs'],
  ])('handleSignals refuses %j with the nearest known name', (options, wrong, near) => {
    expect(() => (door.handleSignals as Loose)(lifecycle, options)).toThrow(
      new RegExp(`unknown \\w+ "${wrong}", did you mean "${near}"`),
    );
  });

  it.each([
    [[]],
    [[null, { lifecycle }]],
    [[{}, { lifecycle }]],
    [[{ close() {} }, { lifecycle }]],
    [[createServer()]],
    [[createServer(), null]],
    [[createServer(), {}]],
    [[createServer(), { lifecycle: {} }]],
    [[createServer(), { lifecycle, lingerMS: 1 }]],
    ...[-1, Number.NaN, '5', null].flatMap((ms) => [
      [[createServer(), { lifecycle, lingerMs: ms }]],
      [[createServer(), { lifecycle, inFlightTimeoutMs: ms }]],
    ]),
  ] as Rows)('adopt%# rejects with invalid_argument, and adopts nothing', async (args) => {
    const [server] = args as [{ listenerCount?(event: string): number } | undefined];
    const before = server?.listenerCount?.('connection');
    const adopt = door.adopt as Loose as (...args: unknown[]) => Promise<never>;
    await expect(adopt(...args)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(server?.listenerCount?.('connection')).toBe(before);
  });

  it('nothing is installed for an object that was detached', async () => {
    const before = listening();
    const detached = Lifecycle.create();
    detached.detach();
    const code = { code: 'detached' };
    expect(() => door.handleSignals(detached)).toThrow(expect.objectContaining(code));
    await expect(door.serve({ lifecycle: detached, fetch })).rejects.toMatchObject(code);
    await expect(door.adopt(createServer(), { lifecycle: detached })).rejects.toMatchObject(code);
    expect(() => startHeartbeat(detached)).toThrow(expect.objectContaining(code));
    expect(listening()).toBe(before);
  });

  it('the undo of handleSignals removes what it added, twice is once', () => {
    const before = listening();
    const own = (): void => {};
    process.on('SIGTERM', own);
    const undo = door.handleSignals(lifecycle, { signals: ['SIGTERM', 'SIGINT', 'SIGHUP'] });
    const other = door.handleSignals(lifecycle);
    expect(listening()).toBe(before + 1 + 3 + 2);
    undo();
    undo();
    expect(listening()).toBe(before + 1 + 2);
    other();
    expect(process.listeners('SIGTERM')).toContain(own);
    process.off('SIGTERM', own);
    expect(listening()).toBe(before);
  });
});

describe('doors of other runtimes', () => {
  it('say what is missing', async () => {
    await expect(deno.serve({ lifecycle, fetch })).rejects.toThrow(/no Deno.serve/);
    await expect(bun.serve({ lifecycle, fetch })).rejects.toThrow(/no Bun.serve/);
  });

  // A system without IPv6 cannot be had where the tests run.
  it('Deno listens on IPv4 where the system has nothing else, and fails with what it fails with', async () => {
    const asked: string[] = [];
    let code = 'EAFNOSUPPORT';
    const serve = ({ hostname }: { hostname: string }): object => {
      asked.push(hostname);
      if (hostname === '::') throw Object.assign(new Error('planned'), { code });
      return { addr: { hostname, port: 1 }, shutdown: async () => {} };
    };
    Object.assign(globalThis, { Deno: { serve } });
    try {
      const server = await deno.serve({ lifecycle, fetch });
      expect([server.hostname, asked]).toEqual(['0.0.0.0', ['::', '0.0.0.0']]);
      await server.close();
      code = 'EADDRINUSE';
      await expect(deno.serve({ lifecycle, fetch })).rejects.toMatchObject({ code });
    } finally {
      Reflect.deleteProperty(globalThis, 'Deno');
    }
  });
});

describe('startHeartbeat', () => {
  it.each([[[]], [[null]], [['x']], [[{}]]] as Rows)('%# throws invalid_argument', (args) => {
    expect(() => (startHeartbeat as Loose)(...args)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

describe('toNodeListener', () => {
  const wrong = [null, { lifecycle: {} }, { lifecycle: null }, { lifecycl: lifecycle }, lifecycle];
  it.each([[[]], [['x']], ...wrong.map((options) => [[fetch, options]])] as Rows)(
    '%# throws invalid_argument',
    (args) => {
      expect(() => (node.toNodeListener as Loose)(...args)).toThrow(
        expect.objectContaining({ code: 'invalid_argument' }),
      );
    },
  );
});

describe('the signals that the probe thread gets', () => {
  it('are those of every handleSignals() that has not been undone', () => {
    const own = Lifecycle.create();
    const told: string[] = [];
    const forget = onHeard(own, ({ names }) => told.push([...names].sort().join()));
    const undo = node.handleSignals(own, { signals: ['SIGHUP'] });
    const undoOther = node.handleSignals(own, { signals: ['SIGHUP', 'SIGUSR2'] });
    undo();
    undo();
    undoOther();
    forget();
    expect(told).toEqual(['SIGHUP', 'SIGHUP,SIGUSR2', 'SIGHUP,SIGUSR2', '']);
  });
});

describe('how long responses in flight are waited for', () => {
  it.each([
    [25_000, 10_000],
    [6_000, 6_000],
    [100, 2_000],
    [0, 2_000],
  ])('with a budget of %i ms, %i ms or a little less', async (budgetMs, most) => {
    const { inFlightTimeoutMs, lifecycle } = checkServe({ lifecycle: Lifecycle.create(), fetch });
    lifecycle.pipeline({ budgetMs, steps: [] });
    expect(inFlightTimeoutMs()).toBe(10_000);
    await lifecycle.shutdown();
    const ms = inFlightTimeoutMs();
    expect(ms).toBeLessThanOrEqual(most);
    // The shutdown has nothing to do: it leaves more than the least.
    expect(ms).toBeGreaterThanOrEqual(Math.max(2_000, most - 3_000));
    lifecycle.detach();
    expect(inFlightTimeoutMs()).toBe(10_000);
  });

  it('what the application asks for, whatever the budget', async () => {
    const own = Lifecycle.create();
    const checked = checkServe({ lifecycle: own, fetch, inFlightTimeoutMs: 60_000 });
    await own.shutdown();
    expect(checked.inFlightTimeoutMs()).toBe(60_000);
  });
});

describe('serve', () => {
  it.each([
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['::1', /^http:\/\/\[::1\]:\d+$/],
    [undefined, /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/],
  ])('on %s has an address that can be fetched', async (hostname, pattern) => {
    const server = await node.serve({ lifecycle, fetch, hostname, kindOf: () => null });
    expect(server.url).toMatch(pattern);
    expect(await (await globalThis.fetch(`${server.url}/x`)).text()).toBe('x');
    const [first, second] = [server.close(), server.close()];
    expect(first).toBe(second);
    await server.closed;
  });
});
