/**
 * The `(req, res, next?)` form, mounted in a `node:http` server of the test's own: what goes to
 * `next`, what a handler sees of a request, and who waits for whom. The wire is `serve.test.ts`.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../src/index.ts';
import {
  type FetchHandler,
  type ListenerOptions,
  serve,
  toNodeListener,
} from '../../src/runtime/node.ts';
import { once, saysClose, Wire } from './wire.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

type Middle = (req: IncomingMessage, res: ServerResponse, go: (error?: unknown) => void) => void;

/** Serves the handler, and what it passes on with a 299 that says what came. */
async function mount(
  fetch: FetchHandler,
  { before, ...options }: ListenerOptions & { before?: Middle } = {},
): Promise<number> {
  const listener = toNodeListener(fetch, options);
  const server = createServer((req, res) => {
    const next = (error?: unknown): void => {
      res.statusCode = 299;
      res.end(error === undefined ? 'next' : `next: ${(error as Error).message}`);
    };
    if (before === undefined) listener(req, res, next);
    else before(req, res, () => listener(req, res, next));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('toNodeListener', () => {
  it('passes on what is not the handler’s, what it throws, and what is no web request', async () => {
    const port = await mount((request) => {
      if (request.url.endsWith('/throw')) throw new Error('planned');
      return undefined;
    });
    expect((await once(port, '/')).body).toBe('next');
    expect((await once(port, '/throw')).body).toBe('next: planned');
    const trace = await Wire.open(port);
    trace.write('TRACE / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect((await trace.read()).body).toBe('next');
    trace.socket.destroy();
  });

  it('shows the address as the client wrote it', async () => {
    const port = await mount((request) => new Response(request.url));
    const cases = [
      ['GET /a%2fb?q=1&q=2 HTTP/1.1\r\nhost: h:8\r\n\r\n', 'http://h:8/a%2fb?q=1&q=2'],
      ['GET //other.example/x HTTP/1.1\r\nhost: h\r\n\r\n', 'http://h//other.example/x'],
      ['GET http://abs.example/x HTTP/1.1\r\nhost: h\r\n\r\n', 'http://abs.example/x'],
      ['GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n', 'http://[::1]/'],
      ['OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n', 'http://h/*'],
      ['GET /old HTTP/1.0\r\nconnection: keep-alive\r\n\r\n', 'http://localhost/old'],
    ] as const;
    for (const [text, url] of cases) {
      const wire = await Wire.open(port);
      wire.write(text);
      expect((await wire.read()).body).toBe(url);
      wire.socket.destroy();
    }
  });

  it('sees what a framework left: a stripped mount path and a body that was read', async () => {
    const port = await mount(
      async (request) => new Response(`${new URL(request.url).pathname} ${await request.text()}`),
      {
        before(req, _res, go) {
          req.url = req.url?.replace('/mounted', '') ?? '/';
          let text = '';
          req.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          req.on('end', () => go(Object.assign(req, { body: JSON.parse(text) as unknown })));
        },
      },
    );
    const reply = await once(port, '/mounted/x', { method: 'POST', body: '{"enabled":true}' });
    expect(reply.body).toBe('/x {"enabled":true}');
  });

  it('keeps headers that a middleware has set', async () => {
    const headers = new Headers({ 'set-cookie': 'b=2', 'x-both': 'ours' });
    const port = await mount(() => new Response(null, { headers }), {
      before(_req, res, go) {
        res.setHeader('set-cookie', 'a=1').setHeader('x-both', 'theirs').setHeader('x-one', '1');
        go();
      },
    });
    const reply = await once(port, '/');
    expect(reply.headers.get('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(reply.headers.get('x-both')).toEqual(['ours']);
    expect(reply.headers.get('x-one')).toEqual(['1']);
  });

  it('aborts request.signal when the client goes, and not when it was answered', async () => {
    const signals: AbortSignal[] = [];
    const port = await mount(async (request) => {
      signals.push(request.signal);
      if (request.url.endsWith('/wait')) await sleep(100);
      return new Response('done');
    });
    const wire = await Wire.open(port);
    await wire.request('/');
    wire.send('/wait');
    await sleep(30);
    wire.socket.destroy();
    await sleep(200);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('reads no more of a body than the handler asks for', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let received = 0;
    const size = 64 * 1024 * 1024;
    const port = await mount(async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      await released;
      for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
        received += read.value.byteLength;
      }
      return new Response('all');
    });
    const wire = await Wire.open(port);
    wire.send('/', { method: 'POST', headers: [], body: 'x'.repeat(size) });
    await sleep(300);
    // What is not asked for waits in the sockets, and the rest with the client.
    expect(wire.socket.bytesWritten - wire.socket.writableLength).toBeLessThanOrEqual(size + 1000);
    expect(wire.socket.writableLength).toBeGreaterThan(0);
    release();
    expect((await wire.read()).body).toBe('all');
    expect(received).toBeGreaterThan(size / 2);
    wire.socket.destroy();
  });

  it('makes no more of a body than the client takes', async () => {
    let made = 0;
    const chunk = new Uint8Array(64 * 1024);
    const port = await mount(
      () =>
        new Response(
          new ReadableStream(
            {
              pull(controller) {
                made += 1;
                if (made > 4000) controller.close();
                else controller.enqueue(chunk);
              },
            },
            { highWaterMark: 0 },
          ),
        ),
    );
    const wire = await Wire.open(port);
    wire.socket.pause();
    wire.send('/');
    await sleep(300);
    const whileStalled = made;
    await sleep(200);
    expect(made).toBe(whileStalled);
    expect(made).toBeLessThan(1000);
    wire.socket.destroy();
  });

  it('a response that cannot be sent is a 500 as long as nothing was sent', async () => {
    const failing = new ReadableStream({
      start: (controller) => controller.error(new Error('planned')),
    });
    const port = await mount(() => new Response(failing, { headers: { 'x-mine': '1' } }));
    const reply = await once(port, '/');
    expect(reply.status).toBe(500);
    expect(reply.headers.has('x-mine')).toBe(false);
  });

  it('leaves a body that the handler did not read to whoever is next', async () => {
    const listener = toNodeListener(() => undefined);
    const server = createServer((req, res) => {
      listener(req, res, () => {
        let text = '';
        req.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        req.on('end', () => res.end(text));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const body = 'untouched '.repeat(20_000);
    expect((await once(port, '/', { method: 'POST', body })).body).toBe(body);
  });

  it('says that the connection ends once a shutdown is accepted, if it is given the lifecycle', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const [told, untold] = await Promise.all([
      mount(() => new Response('x'), { lifecycle }),
      mount(() => new Response('x')),
    ]);
    expect(saysClose(await once(told, '/'))).toBe(false);
    await lifecycle.shutdown();
    expect(saysClose(await once(told, '/'))).toBe(true);
    expect(saysClose(await once(untold, '/'))).toBe(false);
    // An upload that nobody reads must not cost the client its answer.
    const body = 'x'.repeat(200_000);
    expect((await once(told, '/', { method: 'POST', body })).body).toBe('x');
  });

  it('says so on what the next one answers, too', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const port = await mount(() => undefined, { lifecycle });
    const before = await once(port, '/');
    expect([before.body, saysClose(before)]).toEqual(['next', false]);
    await lifecycle.shutdown();
    const after = await once(port, '/');
    expect([after.body, saysClose(after)]).toEqual(['next', true]);
  });
});

describe('serve with a listener', () => {
  it('gives it what the handler leaves, with its body, and nothing else', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const heard: (string | undefined)[] = [];
    const server = await serve({
      lifecycle,
      hostname: '127.0.0.1',
      fetch(request) {
        if (request.url.endsWith('/throw')) throw new Error('planned');
        return request.url.endsWith('/mine') ? new Response('mine') : undefined;
      },
      listener(req: IncomingMessage, res: ServerResponse) {
        heard.push(req.url);
        req.pipe(res);
      },
    });
    undo.push(() => void server.close());
    const post = async (path: string): Promise<[number, string]> => {
      const { status, body } = await once(server.port, path, { method: 'POST', body: 'body' });
      return [status, body];
    };
    expect(await post('/mine')).toEqual([200, 'mine']);
    expect((await post('/throw'))[0]).toBe(500);
    expect(await post('/theirs')).toEqual([200, 'body']);
    expect(heard).toEqual(['/theirs']);
  });

  it('closes when the lifecycle is Stopped, after what the listener has in flight', async () => {
    const lifecycle = Lifecycle.create();
    lifecycle.markReady();
    const server = await serve({
      lifecycle,
      hostname: '127.0.0.1',
      fetch: () => undefined,
      listener(req: IncomingMessage, res: ServerResponse) {
        setTimeout(() => res.end(req.url), req.url === '/slow' ? 300 : 0);
      },
    });
    const idle = await Wire.open(server.port);
    expect(saysClose(await idle.request('/fast'))).toBe(false);
    const slow = once(server.port, '/slow');
    await sleep(50);
    await lifecycle.shutdown();
    expect((await slow).body).toBe('/slow');
    await Promise.all([server.closed, idle.closed]);
  });

  it('rejects with invalid_argument for what is no listener', async () => {
    const lifecycle = Lifecycle.create();
    for (const listener of ['x', null, {}]) {
      // As untyped callers call.
      const options = { lifecycle, fetch: () => undefined, listener } as never;
      await expect(serve(options)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });
});
