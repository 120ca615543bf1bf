/**
 * Edges whose bundlers import no `.wasm` file: bundled under the conditions that Nitro's presets for workers
 * assert, and run on real workerd and on Vercel's edge runtime. A whole build by Nitro is among the
 * examples.
 *
 * @module
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CURRENT_DATE, start } from './isolates.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What is used of `edge-runtime`. */
interface EdgeRuntime {
  EdgeRuntime: new (options: { initialCode: string }) => object;
  runServer(options: { runtime: object }): Promise<{ url: string; close(): Promise<unknown> }>;
}

/** As Nitro 2 resolves them, after the preset's own one. */
const NITRO = [
  ...['production', 'wintercg', 'worker', 'web', 'browser', 'workerd', 'edge-light', 'netlify'],
  ...['edge-routine', 'deno', 'import', 'default'],
];

/** How a program gets its lifecycle. */
const WAYS = {
  'import of tidegate': `
    import { Lifecycle } from 'tidegate';
    const make = () => Lifecycle.create();`,
  'line for every edge': `
    import { useAtomics } from 'tidegate/atomics';
    import { Lifecycle } from 'tidegate/browser';
    useAtomics();
    const make = () => Lifecycle.create({ backend: 'atomics' });`,
};

const ANSWER = `
  import { createHandler } from 'tidegate/http';
  let shared;
  function begin() {
    const lifecycle = make();
    lifecycle.markReady();
    return { lifecycle, health: createHandler(lifecycle, { adminToken: 'secret' }) };
  }
  async function answer(request) {
    shared ??= begin();
    const { lifecycle, health } = shared;
    const permit = lifecycle.gate.tryEnter(request.method === 'GET' ? 'query' : 'write');
    const own = await health(request);
    permit?.release();
    return own ?? new Response(lifecycle.backend, { status: permit === null ? 503 : 200 });
  }`;

async function bundle(code: string, conditions: readonly string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    conditions: [...conditions],
    mainFields: ['module', 'main'],
    platform: 'neutral',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Ready, then drained by an admin call: reads go on, writes are refused. */
async function lives(url: string): Promise<void> {
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(new URL(path, url), init);
  expect(await (await ask('/mine')).text()).toBe('atomics');
  expect((await ask('/mine', { method: 'PUT' })).status).toBe(200);
  expect(await (await ask('/health/ready/write')).json()).toMatchObject({ phase: 'ready' });
  const headers = { authorization: 'Bearer secret' };
  const drained = await ask('/admin/drain', { method: 'POST', headers });
  expect(await drained.json()).toEqual({ ok: true, phase: 'draining' });
  expect((await ask('/mine', { method: 'PUT' })).status).toBe(503);
  expect((await ask('/mine')).status).toBe(200);
}

describe.each(Object.entries(WAYS))('the %s', (_, way) => {
  it('lives in a worker of Cloudflare that is bundled as by Nitro', async () => {
    const code = `${way}${ANSWER} export default { fetch: answer };`;
    const contents = await bundle(code, ['workerd', ...NITRO]);
    expect(contents).not.toMatch(/\.wasm["']/);
    const modules = [{ type: 'ESModule', path: 'worker.js', contents }];
    await using isolates = await start([
      { name: 'light', modules, compatibilityDate: CURRENT_DATE },
    ]);
    await lives(String(await isolates.url('light')));
  });

  it.each([
    ['as by Nitro', ['edge-light', ...NITRO]],
    ['as by Vercel', ['edge-light', 'worker', 'browser', 'import', 'default']],
  ])("lives in Vercel's edge runtime, bundled %s", async (_, conditions) => {
    const listen =
      "addEventListener('fetch', (event) => event.respondWith(answer(event.request)));";
    const initialCode = await bundle(`${way}${ANSWER} ${listen}`, conditions);
    expect(initialCode).not.toMatch(/\.wasm["']/);
    const { EdgeRuntime, runServer } = createRequire(import.meta.url)(
      'edge-runtime',
    ) as EdgeRuntime;
    const server = await runServer({ runtime: new EdgeRuntime({ initialCode }) });
    try {
      await lives(server.url);
    } finally {
      await server.close();
    }
  });
});

it('a program that asks for the wasm backend there is refused, and not served by another', async () => {
  const code = await bundle(
    `import { Lifecycle } from 'tidegate';
     try { Lifecycle.create({ backend: 'wasm' }); } catch ({ code }) { globalThis.refused = code; }`,
    ['edge-light', ...NITRO],
  );
  new Function(code)();
  expect((globalThis as { refused?: string }).refused).toBe('wasm_unavailable');
});
