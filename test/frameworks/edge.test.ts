/**
 * Recipes for the edge, on real workerd: Hono on Workers, and what Nitro builds for Cloudflare.
 *
 * @module
 */

import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import type { withLifecycle } from '../../src/workerd.ts';
import {
  CURRENT_DATE,
  type IsolateOptions,
  type Isolates,
  programAt,
  start,
} from '../edge/isolates.ts';
import { TOKEN } from './recipe.ts';
import { absent, TARGETS } from './recipes.ts';

let isolates: Isolates | undefined;
afterEach(() => isolates?.[Symbol.asyncDispose]());

const post = { method: 'POST', body: 'a note', headers: { 'content-type': 'text/plain' } };

async function started(options: object): Promise<Isolates> {
  const worker = { name: 'app', compatibilityDate: CURRENT_DATE, ...options } as IsolateOptions;
  isolates = await start([worker]);
  return isolates;
}

async function text(path: string, init?: RequestInit): Promise<string> {
  return (await isolates?.ask('app', path, init))?.text() ?? '';
}

describe('Hono on Workers', () => {
  it('has a fetch that withLifecycle() takes as it is, which the compiler checks', () => {
    const handlers: Parameters<typeof withLifecycle>[0] = { fetch: new Hono().fetch };
    expect(handlers.fetch).toBeTypeOf('function');
  });

  it('answers routes and probes, and refuses writes once it is drained', async () => {
    const modules = await programAt('examples/frameworks/hono-workers.ts', 'build/edge/hono.js');
    const { ask } = await started({ modules, bindings: { ADMIN_TOKEN: TOKEN } });
    expect(await text('/hello')).toBe('hello');
    expect(await text('/backend')).toBe('wasm');
    expect(await text('/notes', post)).toBe('a note');
    const authorization = `Bearer ${TOKEN}`;
    await ask('app', '/admin/drain', { method: 'POST', headers: { authorization } });
    expect((await ask('app', '/notes', post)).status).toBe(503);
    expect(await text('/hello')).toBe('hello');
  });
});

const why = absent('nitro');

describe.skipIf(why !== undefined)(`Nitro for Cloudflare ${why ?? ''}`, () => {
  it('answers routes and probes, and gives each permit back', async () => {
    const { ask } = await started({
      modules: true,
      rootPath: join(TARGETS, 'nitro/edge/.output/server'),
      scriptPath: 'index.mjs',
      modulesRules: [{ type: 'ESModule', include: ['**/*.mjs', '**/*.js'] }],
      // For miniflare, which looks for modules by it; workerd has it by this date.
      compatibilityFlags: ['nodejs_compat'],
    });
    expect(await text('/hello')).toBe('hello');
    expect(await text('/notes', post)).toBe('a note');
    expect((await ask('app', '/nobody')).status).toBe(404);
    const ready = await ask('app', '/health/ready/write');
    expect([ready.status, (await ready.json()).phase]).toEqual([200, 'ready']);
    const metrics = await text('/metrics');
    expect(metrics).toContain('tidegate_in_flight{kind="query"} 0');
    expect(metrics).toContain('tidegate_in_flight{kind="write"} 0');
  });
});
