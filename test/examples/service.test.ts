/**
 * The document service as a new user meets it: what it prints, what its routes answer, what it says
 * to wrong input. Crashes and shutdowns under load are another file's business.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFolder, RUNTIMES, Service, TOKEN } from './process.ts';

describe.each(RUNTIMES)('on %s', (runtime) => {
  const data = new DataFolder();
  let service: Service;

  beforeAll(async () => {
    service = await Service.start(runtime, data);
  });

  afterAll(async () => {
    await service.kill();
    data.remove();
  });

  it('shows the load, the warm-up, the cold start, its address and three things to try', async () => {
    // The last of what it says at its start.
    await service.seen(/^ {4}curl .*\/admin\/drain$/m);
    expect(service.output).toMatch(/load +100 % +█+ +2307 of 2307/);
    expect(service.output).toMatch(/index_warmup +100 % +█+/);
    const stages = ['corpus_load', 'index_warmup', ...(runtime === 'node' ? ['readers'] : [])];
    const lines = [...stages, 'total'].map((name) => `\\n +${name} +\\d+ ms.*`).join('');
    expect(service.output).toMatch(new RegExp(`cold start, 2307 documents${lines}`));
    expect(service.output.match(/^ {4}curl /gm)).toHaveLength(3);
    expect(service.output, 'a token that was set is not printed').not.toContain(TOKEN);
  });

  it('keeps, replaces, finds and removes a document', async () => {
    expect((await service.put('mine', 'Mine', 'quetzalcoatlus in the lake')).status).toBe(201);
    expect((await service.put('mine', 'Mine', 'quetzalcoatlus at the lake')).status).toBe(200);
    expect(await (await service.get('/documents/mine')).json()).toMatchObject({
      id: 'mine',
      title: 'Mine',
      text: 'quetzalcoatlus at the lake',
    });
    const hits = async (query: string): Promise<unknown> =>
      ((await (await service.get(`/search?q=${query}`)).json()) as { results: unknown }).results;
    expect(await hits('quetzalcoatlus+lake')).toEqual([
      { id: 'mine', title: 'Mine', snippet: '[quetzalcoatlus] at the [lake]' },
    ]);
    expect(await hits('quetzalcoatlus+in')).toEqual([]);
    const removed = await fetch(service.url('/documents/mine'), { method: 'DELETE' });
    expect(removed.status).toBe(204);
    expect((await service.get('/documents/mine')).status).toBe(404);
    expect(await hits('quetzalcoatlus')).toEqual([]);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/documents/', 404],
    ['GET', '/documents/none', 404],
    ['GET', '/documents/%ff', 400],
    ['GET', '/documents/a%2fb', 400],
    ['GET', `/documents/${'a'.repeat(65)}`, 400],
    ['DELETE', '/documents/none', 404],
    ['POST', '/documents/mine', 405],
    ['POST', '/search?q=a', 405],
    ['GET', '/search', 400],
    ['GET', '/search?q=%20', 400],
    ['GET', '/search?q=%00', 400],
    ['GET', '/search?q=%22', 400],
    ['GET', '/search?q=unix+AND', 400],
    ['GET', '/search?q=nosuch:column', 400],
    ['GET', '/search?q=*', 400],
    ['GET', `/search?q=${'('.repeat(200)}`, 400],
    ['GET', '/documents/.', 404],
    ['GET', '/documents/%00', 400],
    ['PUT', '/documents/mine', 400],
    ['GET', `/search?q=${'a'.repeat(201)}`, 400],
    ['GET', '/search?q=a&limit=0', 400],
    ['GET', '/search?q=a&limit=51', 400],
    ['GET', '/search?q=a&limit=1e1', 400],
  ])('%s %s is answered %i with a reason', async (method, path, status) => {
    const response = await fetch(service.url(path), { method });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).not.toBe('');
    if (status === 405) expect(response.headers.get('allow')).toContain('GET');
  });

  it.each([
    ['no JSON', 'x', 400],
    ['no object', 'null', 400],
    ['no title', '{"text": ""}', 400],
    ['an empty title', '{"title": " ", "text": ""}', 400],
    ['a text that is a number', '{"title": "t", "text": 1}', 400],
    ['a NUL', '{"title": "t", "text": "\\u0000"}', 400],
    ['half of a character', '{"title": "t", "text": "\\ud800"}', 400],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['more than 64 KiB', 'x'.repeat(65_537), 413],
  ])('a body with %s is refused and changes nothing', async (_, body, status) => {
    const response = await fetch(service.url('/documents/refused'), { method: 'PUT', body });
    expect(response.status).toBe(status);
    expect((await service.get('/documents/refused')).status).toBe(404);
  });

  it('a body that does not say how long it is is read no further than the limit', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(0x20)),
    });
    const options = { method: 'PUT', body, duplex: 'half' };
    const response = await fetch(service.url('/documents/endless'), options);
    expect(response.status).toBe(413);
  });

  it('a query that is wrong spoils none of those that follow', async () => {
    // More than there are threads that read, so that each of them gets its wrong one.
    const many = 4 * availableParallelism();
    const statuses = async (query: string): Promise<Set<number>> => {
      const found = Array.from({ length: many }, () => service.get(`/search?q=${query}`));
      return new Set((await Promise.all(found)).map(({ status }) => status));
    };
    expect(await statuses('*')).toEqual(new Set([400]));
    expect(await statuses('unix')).toEqual(new Set([200]));
  });

  it('HEAD is answered where GET is, without a body', async () => {
    for (const [path, status] of [
      ['/documents/foo', 200],
      ['/search?q=foo', 200],
      ['/documents/none', 404],
    ] as const) {
      const [head, get] = await Promise.all([
        fetch(service.url(path), { method: 'HEAD' }),
        service.get(path),
      ]);
      expect([head.status, get.status]).toEqual([status, status]);
      expect(await head.text()).toBe('');
    }
  });

  it('answers any id, query and body with less than 500, and keeps any text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        async (name, text) => {
          const query = encodeURIComponent(text);
          expect((await service.get(`/search?q=${query}`)).status).toBeLessThan(500);
          const put = await service.put(encodeURIComponent(name), 'Any', text);
          expect(put.status).toBeLessThan(500);
          const kept = await service.put('any', 'Any', text);
          if (kept.ok)
            expect(await (await service.get('/documents/any')).json()).toMatchObject({ text });
          else expect(text).toContain('\0');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses writes with a reason while it drains, and still answers queries', async () => {
    expect((await service.admin('POST', '/admin/drain')).status).toBe(200);
    const refused = await service.put('late', 'Late', 'text');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ reason: 'draining' });
    expect((await service.get('/search?q=unix')).status).toBe(200);
  });

  it('shows the steps when it is interrupted, and ends with 0', async () => {
    service.signal('SIGINT');
    expect(await service.exit).toMatchObject({ code: 0, signal: null });
    expect(service.output).toMatch(
      /shutdown\n +flush_wal .*ok.*\n +final_checkpoint .*ok.*\n +backup .*ok.*\n +stopped at/,
    );
    expect(service.output).toMatch(/stopped at \S+Z, \d+ ms after SIGINT: clean/);
  });
});

describe('the settings', () => {
  it.each([
    [{ PORT: 'http' }, /PORT is "http", not a number in 0 … 65535/],
    [{ PORT: '65536' }, /PORT is "65536"/],
    [{ PORT: '-1' }, /PORT is "-1"/],
    [{ PROBE_PORT: '65536' }, /PROBE_PORT is "65536", not a number in 0 … 65535/],
    [{ WORKERS: 'all' }, /WORKERS is "all", not a number in 0 … 64/],
    [{ WORKERS: '65' }, /WORKERS is "65"/],
    [{ SHUTDOWN_BUDGET_MS: '25s' }, /SHUTDOWN_BUDGET_MS is "25s", not a number in 0 … 3600000/],
    [{ WORKERS: '-1' }, /WORKERS is "-1"/],
    [{ WORKERS: '1.5' }, /WORKERS is "1.5"/],
    [{ WORKERS: '' }, /WORKERS is set, but empty/],
    [{ DATA_DIR: '' }, /DATA_DIR is set, but empty/],
    [{ TIDEGATE_ADMIN_TOKEN: '' }, /TIDEGATE_ADMIN_TOKEN is set, but empty/],
    [{ TIDEGATE_ADMIN_TOKEN: 'héhé' }, /TIDEGATE_ADMIN_TOKEN has what no header carries/],
    [{ HOST: '203.0.113.1' }, /Cannot listen on 203\.0\.113\.1, port 0: .*EADDRNOTAVAIL/],
  ])('%j end it with 2 and a clear line', async (environment, line) => {
    const service = Service.launch('node', environment as Record<string, string>);
    expect((await service.exit).code).toBe(2);
    expect(service.output).toMatch(line);
  });

  it('without a token make one, print it once, and the three lines to try work', async () => {
    const data = new DataFolder();
    const service = Service.launch('node', { DATA_DIR: data.path });
    try {
      await service.seen(/Ctrl-C/);
      const [, token = ''] = await service.seen(/authorization: Bearer (\w{36})"/);
      expect(service.output.split(token)).toHaveLength(2);
      const lines = [...service.output.matchAll(/^ {4}curl (.+)$/gm)].map(([, line = '']) => line);
      const answers: number[] = [];
      for (const line of lines) {
        const url = /http:[^\s']+/.exec(line)?.[0] ?? '';
        const method = /-X (\w+)/.exec(line)?.[1] ?? 'GET';
        const header = /-H "(\S+): ([^"]+)"/.exec(line);
        const headers = header === null ? {} : { [header[1] ?? '']: header[2] ?? '' };
        const body = /-d '([^']+)'/.exec(line)?.[1];
        const options = { method, headers, ...(body === undefined ? {} : { body }) };
        answers.push((await fetch(url, options)).status);
      }
      expect(answers).toEqual([200, 201, 200]);
      await service.seen(/draining: 0 writes under way/);
    } finally {
      await service.kill();
      data.remove();
    }
  });

  it('a port that is taken is said so', async () => {
    const data = new DataFolder();
    const first = await Service.start('node', data);
    try {
      const second = Service.launch('node', { DATA_DIR: data.path, PORT: String(first.port) });
      expect((await second.exit).code).toBe(2);
      expect(second.output).toMatch(/Cannot listen on .*EADDRINUSE/);
    } finally {
      await first.kill();
      data.remove();
    }
  });

  it('a data folder that another process uses is left alone', async () => {
    const data = new DataFolder();
    const first = await Service.start('node', data);
    try {
      for (const runtime of RUNTIMES) {
        const second = Service.launch(runtime, { DATA_DIR: data.path });
        expect((await second.exit).code).toBe(1);
        expect(second.output).toContain(`another process uses ${data.path}`);
      }
      expect((await first.put('still', 'Still', 'here')).status).toBe(201);
    } finally {
      await first.kill();
      data.remove();
    }
  });

  it('a data folder that is a file, or has a damaged database, is said so', async () => {
    const data = new DataFolder();
    try {
      writeFileSync(
        data.database,
        'no database at all, but long enough to be looked at '.repeat(99),
      );
      const damaged = Service.launch('node', { DATA_DIR: data.path });
      expect((await damaged.exit).code).toBe(1);
      expect(damaged.output).toMatch(/damaged; without it, the next boot restores the backup/);
      const file = Service.launch('node', { DATA_DIR: data.database });
      expect((await file.exit).code).toBe(1);
      expect(file.output).toMatch(/Cannot boot: ENOTDIR/);
    } finally {
      data.remove();
    }
  });
});
