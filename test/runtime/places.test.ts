/**
 * Where `serve` listens, and with which options of the runtime's own: real processes and sockets, on
 * every runtime.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { request as requestSecure } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATE, KEY } from '../ends/certificate.ts';
import type { PlaceOptions } from './places.ts';
import { bundle, Program, RUNTIMES, type Runtime, type ServiceEvent } from './program.ts';

const PLACES = join(import.meta.dirname, 'places.ts');

const started: Program[] = [];
beforeAll(() => bundle(PLACES));
afterEach(async () => {
  for (const program of started.splice(0)) await program.kill();
});

async function start(
  runtime: Runtime,
  options: PlaceOptions,
): Promise<{ program: Program; said: ServiceEvent }> {
  const program = await Program.start(runtime, options, PLACES);
  started.push(program);
  return { program, said: await program.heard('listening') };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(options: RequestOptions & { isSecure?: boolean }, body = ''): Promise<Answer> {
  const { isSecure, ...rest } = options;
  return new Promise((resolve, reject) => {
    const head = body === '' ? {} : { method: 'POST' };
    const own = { agent: false as const, ...head, ...rest };
    const asked =
      isSecure === true ? requestSecure({ ...own, rejectUnauthorized: false }) : request(own);
    asked.on('response', (res) => {
      let text = '';
      res.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      res.on('end', () => {
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
      });
      res.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** As soon as the process is gone, for a place that must be free then. */
async function ended(program: Program): Promise<void> {
  program.signal('SIGTERM');
  expect(await program.exit).toMatchObject({ code: 0, signal: null });
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  it('listens on all addresses, of IPv4 and IPv6, unless one is given', async () => {
    const { said } = await start(runtime, {});
    const port = Number(said.port);
    const asked = async (host: string): Promise<unknown> =>
      JSON.parse((await ask({ port, host })).body).remoteAddress;
    expect(await asked('127.0.0.1')).toBe('127.0.0.1');
    expect(await asked('::1')).toBe('::1');
    const { host } = new URL(String(said.url));
    expect(host).toMatch(/^(\[::1\]|localhost):\d+$/);
    const one = await start(runtime, { hostname: '127.0.0.1' });
    expect(one.said).toMatchObject({ hostname: '127.0.0.1' });
    await ask({ port: Number(one.said.port), host: '127.0.0.1' });
    await expect(ask({ port: Number(one.said.port), host: '::1' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('listens on a Unix socket, whose place is free after the end', async () => {
    const path = join(tmpdir(), `tidegate-${process.pid}-${runtime}.sock`);
    for (let count = 0; count < 2; count++) {
      const { program, said } = await start(runtime, { path });
      expect(said).toMatchObject({ url: `unix:${path}`, hostname: path, port: 0 });
      const { status, body } = await ask({ socketPath: path, path: '/a' }, 'body');
      expect(status).toBe(200);
      const { remoteAddress, length, url } = JSON.parse(body);
      expect([remoteAddress, length, new URL(url).pathname]).toEqual([undefined, 4, '/a']);
      await ended(program);
      expect(existsSync(path)).toBe(false);
    }
  });

  it('serves HTTPS', async () => {
    const tls = { cert: CERTIFICATE, key: KEY };
    const { program, said } = await start(runtime, { tls, hostname: '127.0.0.1' });
    expect(said.url).toBe(`https://127.0.0.1:${said.port}`);
    const { body } = await ask({ port: program.port, host: '127.0.0.1', isSecure: true }, 'body');
    expect(JSON.parse(body)).toMatchObject({ length: 4, remoteAddress: '127.0.0.1' });
    expect(JSON.parse(body).url).toMatch(/^https:/);
    await expect(ask({ port: program.port, host: '127.0.0.1' })).rejects.toThrow();
    await ended(program);
  });

  it('shares its port where the runtime can, and refuses to where it cannot', async () => {
    const { said } = await start(runtime, { hostname: '127.0.0.1', reusePort: true });
    // Deno can with --unstable-net, and ends the process that asks for it without.
    if (
      runtime === 'deno' ||
      (runtime === 'node' && Number.parseInt(process.versions.node, 10) < 22)
    ) {
      expect(said).toMatchObject({ port: 0, code: 'invalid_argument' });
      return;
    }
    const port = Number(said.port);
    const other = await start(runtime, { hostname: '127.0.0.1', reusePort: true, port });
    expect(other.said.port).toBe(port);
    const pids = new Set<unknown>();
    // Which of the two gets a connection is the system's choice.
    while (pids.size < 2) pids.add(JSON.parse((await ask({ port, host: '127.0.0.1' })).body).pid);
    expect(pids).toEqual(new Set([said.pid, other.said.pid]));
    const alone = await start(runtime, { hostname: '127.0.0.1', port });
    expect(alone.said).toMatchObject({ port: 0 });
  });

  it('hands the runtime’s own options on, and leaves those of the others alone', async () => {
    const own = {
      node: { maxHeaderSize: 1_000 },
      deno: { automaticCompression: true },
      bun: { maxRequestBodySize: 10 },
    };
    const { program } = await start(runtime, { hostname: '127.0.0.1', ...own });
    const place = { port: program.port, host: '127.0.0.1' };
    const long = 'x'.repeat(2_000);
    const big = await ask({ ...place, headers: { 'x-long': long } });
    const zipped = await ask({
      ...place,
      path: `/${long}`,
      headers: { 'accept-encoding': 'gzip' },
    });
    const posted = await ask(place, long);
    expect([big.status, zipped.headers['content-encoding'], posted.status]).toEqual(
      {
        node: [431, undefined, 200],
        deno: [200, 'gzip', 200],
        bun: [200, undefined, 413],
      }[runtime],
    );
  });
});

it('Bun ends an idle connection after the given time', async () => {
  const { program } = await start('bun', { hostname: '127.0.0.1', bun: { idleTimeout: 1 } });
  const socket = connect(program.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  await new Promise((resolve) => socket.resume().once('close', resolve));
});

it.each([{ routes: {} }, { fetch: {} }, { websocket: 7 }])(
  'Bun is not given %j: what is past the gate, and what is none',
  async (bun) => {
    const { said } = await start('bun', { bun });
    expect(said).toMatchObject({ port: 0, code: 'invalid_argument' });
  },
);
