/**
 * The `Request` that a handler gets on Node: lazy or not, native code takes it, and each piece of it
 * says what a real one does, in whichever order the pieces are asked for.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { toNodeListener } from '../../src/runtime/node.ts';
import { once, Wire } from './wire.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

async function mount(fetch: (request: Request) => unknown): Promise<number> {
  const server = createServer(toNodeListener(fetch as never));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const sent = { method: 'POST', headers: ['x-twice: a', 'X-Twice: b'], body: '{"a":"\u00e9"}' };

/** Ways to come by the body, each of which has to find all of it. */
const READERS: Readonly<Record<string, (request: Request) => Promise<string>>> = {
  text: (request) => request.text(),
  json: async (request) => JSON.stringify(await request.json()),
  arrayBuffer: async (request) => new TextDecoder().decode(await request.arrayBuffer()),
  blob: async (request) => (await request.blob()).text(),
  'a stream': async (request) => new Response(request.body).text(),
  'a copy': (request) => new Request(request).text(),
  'a copy with more headers': (request) => new Request(request, { headers: { a: 'b' } }).text(),
  'a copy for another address': (request) => new Request('http://other/', request).text(),
  'a clone': (request) => request.clone().text(),
  'a clone, and the original': async (request) => {
    const clone = request.clone();
    const [one, other] = await Promise.all([request.text(), clone.text()]);
    return one === other ? one : `${one} is not ${other}`;
  },
  'a signal first': (request) => (request.signal.aborted ? Promise.reject() : request.text()),
};

describe('the request of a handler', () => {
  it.each(Object.keys(READERS))('has its body by %s', async (name) => {
    const port = await mount(async (request) => new Response(await READERS[name]?.(request)));
    const bytes = Buffer.from(sent.body).toString('latin1');
    const { status, body } = await once(port, '/', { ...sent, body: bytes });
    expect([status, Buffer.from(body, 'latin1').toString()]).toEqual([200, sent.body]);
  });

  it('is a Request, and its copies have its method, address and headers', async () => {
    const port = await mount((request) => {
      const shown = ({ method, url, headers }: Request): unknown[] => [
        method,
        new URL(url).pathname,
        headers.get('x-twice'),
      ];
      const copies = [request, request.clone(), new Request(request)];
      return Response.json([request instanceof Request, ...copies.map(shown)]);
    });
    const { body } = await once(port, '/a', sent);
    const shown = ['POST', '/a', 'a, b'];
    expect(JSON.parse(body)).toEqual([true, shown, shown, shown]);
  });

  it('has every property of a real one', async () => {
    const names = Object.entries(Object.getOwnPropertyDescriptors(Request.prototype))
      .filter(([, { get }]) => get !== undefined)
      .map(([name]) => name);
    const values = (request: Request): unknown =>
      Object.fromEntries(
        names.map((name) => {
          const value: unknown = Reflect.get(request, name);
          return [name, typeof value === 'object' && value !== null ? 'object' : value];
        }),
      );
    const port = await mount((request) => Response.json(values(request)));
    const { body } = await once(port, '/a');
    const real = values(
      new Request(`http://127.0.0.1/a`, { signal: new AbortController().signal }),
    );
    expect(JSON.parse(body)).toEqual(real);
  });

  it('can be sent on by fetch(), body and all, and is aborted with its client', async () => {
    const seen: (string | boolean)[] = [];
    const upstream = await mount(async (request) => {
      seen.push(request.method, await request.text());
      return new Response('from upstream');
    });
    const port = await mount((request) =>
      fetch(new Request(`http://127.0.0.1:${upstream}/x`, request)),
    );
    expect((await once(port, '/', sent)).body).toBe('from upstream');
    expect(seen[0]).toBe('POST');
    expect(seen[1]).toHaveLength(sent.body.length);
    const gone = new Promise((resolve) => {
      void mount((request) => {
        const copy = new Request(request);
        copy.signal.addEventListener('abort', () => resolve(copy.signal.reason.name));
        return new Promise(() => {});
      }).then(async (waiting) => {
        const wire = await Wire.open(waiting);
        wire.send('/');
        setTimeout(() => wire.socket.destroy(), 50);
      });
    });
    expect(await gone).toBe('AbortError');
  });

  it('gives its body once, and says so', async () => {
    const port = await mount(async (request) => {
      const before = request.bodyUsed;
      await request.text();
      const thrown = [request.text(), request.json(), request.arrayBuffer(), request.blob()];
      const results = await Promise.allSettled(thrown);
      const copied = ((): string => {
        try {
          return new Request(request).method;
        } catch (error) {
          return (error as Error).name;
        }
      })();
      const said = results.map((it) => it.status);
      return Response.json([before, request.bodyUsed, ...said, copied]);
    });
    const rejected = Array(4).fill('rejected') as string[];
    const { body } = await once(port, '/', sent);
    expect(JSON.parse(body)).toEqual([false, true, ...rejected, 'TypeError']);
  });

  it('rejects a body whose client goes away', async () => {
    const said = new Promise((resolve) => {
      void mount((request) => request.text().catch(({ name }: Error) => resolve(name))).then(
        async (port) => {
          const wire = await Wire.open(port);
          wire.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
          setTimeout(() => wire.socket.destroy(), 50);
        },
      );
    });
    expect(await said).toMatch(/Error/);
  });
});
