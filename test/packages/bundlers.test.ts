/**
 * The packed tarball through each bundler, for browsers, for Node and for the edge, and what comes
 * out of it run for real: in Chromium, on Node with a probe thread, on workerd.
 *
 * @module
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CURRENT_DATE, programOf, start } from '../edge/isolates.ts';
import { findBrowser, PACKAGES } from '../matrix/browser.ts';
import { Site } from '../matrix/site.ts';
import { visit } from '../matrix/visit.ts';
import { BUNDLERS } from './bundlers.ts';
import { type Folder, folder, install, pack, run } from './tarball.ts';

const chromium = findBrowser('chromium');
/** In CI nothing is skipped: what is missing fails there. */
const isSkipped = chromium === undefined && process.env.CI !== 'true';
const skipped = isSkipped
  ? ` (SKIPPED: chromium is not installed; apt-get install ${PACKAGES.chromium})`
  : '';

let project: Folder;
let site: Site;

beforeAll(async () => {
  project = folder();
  await install(await pack(project.path), project.path, join(import.meta.dirname, 'bundled'));
  site = await Site.open();
});

afterAll(async () => {
  project.remove();
  await site.close();
});

describe.each(BUNDLERS)('$name', (bundler) => {
  it.skipIf(isSkipped)(`bundles a page that Chromium runs${skipped}`, async () => {
    if (chromium === undefined) throw new Error('chromium is not installed');
    const files = await bundler.browser(project.path);
    const page = { headers: {}, files, assignment: null };
    expect(await visit(chromium, site, page, 100_000)).toEqual([
      ['wasm', 200, true, true],
      ['atomics', 200, true, true],
    ]);
  });

  it('bundles a server that Node runs, with its probe thread', async () => {
    const program = await bundler.server(project.path);
    expect(await run(process.execPath, [program], project.path)).toBe('wasm alive ok mine\n');
  });

  it('bundles a worker that workerd runs, with the object of its fleet', async () => {
    const code = await bundler.worker(project.path);
    // The binary is the module beside it, and in no other form: the condition was heeded.
    expect([code.includes('core.unshared.wasm'), code.includes('env&memory')]).toEqual([
      true,
      false,
    ]);
    const modules = programOf(code);
    const durableObjects = { FLEET: { className: 'LifecycleObject', useSQLite: true } };
    const worker = { name: 'bundled', modules, compatibilityDate: CURRENT_DATE, durableObjects };
    await using isolates = await start([worker]);
    const answer = await isolates.ask('bundled', '/');
    expect([answer.status, await answer.text()]).toEqual([200, 'ready is 1 on wasm']);
    const ready = await isolates.ask('bundled', '/health/ready');
    expect(await ready.json()).toMatchObject({ status: 'ready', fleet: { reachable: true } });
    const headers = { authorization: 'Bearer secret' };
    const drained = await isolates.ask('bundled', '/fleet/drain', { method: 'POST', headers });
    expect([drained.status, (await drained.json()).phase]).toEqual([200, 'draining']);
    expect((await isolates.ask('bundled', '/', { method: 'PUT' })).status).toBe(503);
  });
});
