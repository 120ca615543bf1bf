/**
 * The status page over the life of real processes: the steps of a shutdown one by one, a process
 * that is gone, and the next one in its place.
 *
 * @module
 */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, Program, RUNTIMES } from '../runtime/program.ts';
import { launch, missing, SHOTS, TOKEN, Watched } from './browser.ts';

describe.skipIf(missing !== undefined)(`in Chromium ${missing ?? ''}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    bundle();
    browser = await launch();
  });
  afterAll(() => browser?.close());

  // Together, since each waits most of the time; each cares for its own processes.
  it.concurrent.each(RUNTIMES)(
    'follows a service on %s to its end, and the next one',
    async (runtime) => {
      const programs: Program[] = [];
      const start = async (port: number): Promise<Program> => {
        const program = await Program.start(runtime, {
          adminToken: TOKEN,
          port,
          boot: { restore: 1500, cache_fill: 1500 },
          steps: { flush_wal: 1500, backup: 3000 },
        });
        programs.push(program);
        return program;
      };
      try {
        const program = await start(0);
        const watched = await Watched.open(browser, `http://127.0.0.1:${program.port}`);
        await followShutdown(program, watched);
        await program.exit;
        await showLoss(watched, `${SHOTS}/gone-${runtime}.png`);
        await start(program.port);
        await showReturn(watched);
        await watched.close();
      } finally {
        await Promise.all(programs.map((each) => each.kill()));
      }
    },
  );
});

async function followShutdown(program: Program, { page, complaints }: Watched): Promise<void> {
  await page.locator('.phase').getByText('cache_fill').waitFor();
  await page.locator('.phase.ready').waitFor();
  program.signal('SIGTERM');
  await page.locator('.phase.shutting_down').waitFor();
  await page.getByRole('rowheader', { name: 'flush_wal' }).waitFor();
  await page.getByRole('row', { name: /backup (to come|running)/ }).waitFor();
  await page.getByText(/left until the deadline/).waitFor();
  expect(complaints).toEqual([]);
}

async function showLoss(watched: Watched, path: string): Promise<void> {
  const { page } = watched;
  const note = page.locator('#note');
  await note.getByText('the process may be gone').waitFor();
  expect(await note.textContent()).toMatch(/^No answer since .*Still trying\.$/);
  expect(await page.title()).toMatch(/^gone\? /);
  // Said once, however often it then tries in vain.
  const tries: unknown[] = [];
  page.on('requestfailed', (request) => tries.push(request));
  await note.evaluate((element) => {
    const said: unknown[] = [];
    Object.assign(globalThis, { said });
    const options = { subtree: true, childList: true, characterData: true };
    new MutationObserver((records) => said.push(...records)).observe(element, options);
  });
  await expect.poll(() => tries.length, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(await page.evaluate(() => (globalThis as unknown as { said: unknown[] }).said)).toEqual(
    [],
  );
  expect(await watched.violations()).toEqual([]);
  await page.screenshot({ path, fullPage: true });
}

async function showReturn({ page }: Watched): Promise<void> {
  await page.locator('.phase.ready').waitFor();
  expect(await page.locator('#note').textContent()).toBe('');
  expect(await page.locator('.stale').count()).toBe(0);
  expect(await page.title()).toMatch(/^ready · tidegate · /);
}
