/**
 * The buttons of the status page in a real Chromium: each asks first, each does what it says, and no
 * other page can press one. Screenshots are in `build/page/`.
 *
 * @module
 */

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Phase } from '../../src/index.ts';
import { serveProbes } from '../../src/node.ts';
import { missing, SHOTS, TOKEN, Watched } from './browser.ts';
import { stand } from './stand.ts';

describe.skipIf(missing !== undefined)(`in Chromium ${missing ?? ''}`, () => {
  const chromium = stand(({ lifecycle }) => void lifecycle.markReady());
  const { opened, open } = chromium;

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const said = (page: Page, text: string) => page.locator('#said').getByText(text).waitFor();

  it('does nothing before it is confirmed', async () => {
    const { page, complaints } = await open();
    const posted: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') posted.push(request.url());
    });
    const before = chromium.subject.lifecycle.snapshot();
    for (const name of ['Make read-only…', 'Drain…', 'Shut down…']) {
      for (const refuse of [
        () => page.keyboard.press('Escape'),
        () => button(page, 'Cancel').click(),
      ]) {
        await button(page, name).click();
        expect(await page.getByRole('dialog').textContent()).toContain('npx tidegate');
        await refuse();
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
        // Where it was before.
        expect(await button(page, name).evaluate((each) => each === document.activeElement)).toBe(
          true,
        );
      }
    }
    await chromium.subject.refreshes(2);
    expect(posted).toEqual([]);
    expect(chromium.subject.lifecycle.snapshot()).toEqual(before);
    expect(complaints).toEqual([]);
  });

  it('asks what is at stake, in a dialog without fault in either scheme and on a narrow screen', async () => {
    chromium.subject.becomes({ name: 'orders', version: '1.4.2' });
    const watched = await open({ viewport: { width: 320, height: 700 } });
    const { page } = watched;
    await button(page, 'Drain…').click();
    const dialog = page.getByRole('dialog', { name: /^Drain orders on .*\?$/ });
    expect(await dialog.textContent()).toContain('cannot be undone');
    expect(await dialog.textContent()).toContain(`npx tidegate drain ${chromium.subject.url}`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await watched.violations()).toEqual([]);
      await page.screenshot({ path: `${SHOTS}/dialog-${colorScheme}.png` });
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  it('drains by keyboard alone, says so, and is then off', async () => {
    const { page, complaints } = await open();
    await button(page, 'Drain…').focus();
    await page.keyboard.press('Enter');
    // What does no harm has the focus first.
    expect(await button(page, 'Cancel').evaluate((each) => each === document.activeElement)).toBe(
      true,
    );
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'It is draining.');
    expect(chromium.subject.lifecycle.phase()).toBe(Phase.Draining);
    await page.locator('.phase').getByText('Writes are refused: draining').waitFor();
    const drain = button(page, 'Drain…');
    await expect.poll(() => drain.getAttribute('aria-disabled')).toBe('true');
    expect(await drain.evaluate((each) => each === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('refuses writes and admits them again, with the password in the URL too', async () => {
    const context = await chromium.browser.newContext();
    const watched = new Watched(await context.newPage());
    opened.push(watched);
    const { page } = watched;
    await page.goto(`${chromium.subject.url.replace('//', `//anybody:${TOKEN}@`)}/admin/status`);
    await button(page, 'Make read-only…').click();
    await button(page, 'Make read-only').click();
    await said(page, 'It is read-only now.');
    expect(chromium.subject.lifecycle.gate.holds()).toEqual(['read_only']);
    await page.locator('.phase').getByText('Writes are refused: read only').waitFor();
    await button(page, 'Allow writes…').click();
    await button(page, 'Allow writes').click();
    await said(page, 'The read-only hold is lifted.');
    expect(chromium.subject.lifecycle.gate.holds()).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  it('shuts down, shows each step as it ends, and says how it went', async () => {
    const { lifecycle } = chromium.subject;
    let end = (): void => {};
    const step = new Promise<void>((resolve) => {
      end = resolve;
    });
    lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => step }], budgetMs: 600_000 });
    const { page } = await open();
    await button(page, 'Shut down…').click();
    await button(page, 'Shut down').click();
    await said(page, 'Shut down: sent');
    await page.getByText('Trigger: http. Running: flush_wal; none to come.').waitFor();
    const row = page.getByRole('row', { name: /flush_wal running/ });
    await row.locator('rect.running').waitFor({ state: 'attached' });
    expect(await page.locator('.deadline').textContent()).toMatch(/of 10 min 0 s left until/);
    end();
    await said(page, 'The shutdown went well.');
    await page.getByRole('row', { name: /flush_wal ok/ }).waitFor();
    expect(await page.locator('.phase').textContent()).toContain('The shutdown went well.');
  });

  it('acts through the probe thread as well, which does not wait for the end', async () => {
    const { lifecycle } = chromium.subject;
    let end = (): void => {};
    const step = new Promise<void>((resolve) => {
      end = resolve;
    });
    lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => step }], budgetMs: 600_000 });
    const probes = await serveProbes({ lifecycle, adminToken: TOKEN, hostname: '127.0.0.1' });
    try {
      const watched = await Watched.open(chromium.browser, probes.url);
      opened.push(watched);
      const { page } = watched;
      await page.getByRole('rowheader', { name: 'probe thread' }).waitFor();
      await page.getByRole('rowheader', { name: 'main thread' }).waitFor();
      await button(page, 'Shut down…').click();
      await button(page, 'Shut down').click();
      await said(page, 'The shutdown was accepted.');
      end();
      await page.locator('.phase.stopped').waitFor();
    } finally {
      await probes.close();
    }
  });

  it('says why, where a proxy makes its calls look like those of another site', async () => {
    const proxy = createServer(({ method, url, headers: { host, ...headers } }, response) => {
      const passed = request(`${chromium.subject.url}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      passed.end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = proxy.address() as AddressInfo;
      const watched = await Watched.open(chromium.browser, `http://127.0.0.1:${port}`);
      opened.push(watched);
      await button(watched.page, 'Drain…').click();
      await button(watched.page, 'Drain').click();
      await said(watched.page, 'Drain: refused.');
      expect(chromium.subject.lifecycle.phase()).toBe(Phase.Ready);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('a page of another site moves nothing, though the browser has the password', async () => {
    const forged = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<form method="post" target="frame" action="${chromium.subject.url}/admin/drain"><button>win</button></form>` +
          '<iframe name="frame"></iframe>',
      );
    });
    await new Promise<void>((resolve) => forged.listen(0, '127.0.0.1', resolve));
    try {
      const { page } = await open();
      const evil = await page.context().newPage();
      await evil.goto(`http://127.0.0.1:${(forged.address() as AddressInfo).port}/`);
      const answered = evil.waitForResponse('**/admin/drain');
      await evil.getByRole('button').click();
      expect((await answered).status()).toBe(401);
      const sent = (headers: Record<string, string>): Promise<string> =>
        evil.evaluate(
          ([url, extra]) =>
            fetch(url as string, {
              method: 'POST',
              credentials: 'include',
              headers: extra as Record<string, string>,
            }).then(
              () => 'answered',
              () => 'refused',
            ),
          [`${chromium.subject.url}/admin/drain`, headers] as const,
        );
      expect(await sent({})).toBe('refused');
      expect(await sent({ 'x-tidegate-page': '1' })).toBe('refused');
      expect(chromium.subject.lifecycle.phase()).toBe(Phase.Ready);
    } finally {
      forged.closeAllConnections();
      forged.close();
    }
  });
});
