/**
 * The status page in a real Chromium: how it looks in every phase, what axe finds, and how it is to
 * those who use no script, no mouse, no wide screen. Screenshots are in `build/page/`.
 *
 * @module
 */

import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { missing, SHOTS, TOKEN, Watched } from './browser.ts';
import { stand } from './stand.ts';

const PHASES = ['starting', 'ready', 'draining', 'shutting down', 'stopped'] as const;
const SCHEMES = ['light', 'dark'] as const;
const HOSTILE = '</script><img src=x onerror=alert(1)><svg onload=alert(2)> \u202e evil';

describe.skipIf(missing !== undefined)(`in Chromium ${missing ?? ''}`, () => {
  const chromium = stand();
  const { opened, open } = chromium;

  /** As a process that has lived: stages of all kinds, holds, permits, steps. */
  function live(phase: number): void {
    const { lifecycle } = chromium.subject;
    const { gate } = lifecycle;
    const start = lifecycle.startedAtMs();
    lifecycle.setRestoreStartedAtMs(start - 900);
    lifecycle.setRestoreReadyAtMs(start - 300);
    lifecycle.setWalReplayStartedAtMs(start - 300);
    lifecycle.setWalReplayReadyAtMs(start - 100);
    lifecycle.setIndexWarmupStartedAtMs(start - 100);
    lifecycle.stage('a_stage_with_a_very_long_name_32').setStartedAtMs(start - 200);
    lifecycle.stage('stepped_back').setStartedAtMs(9);
    lifecycle.stage('stepped_back').setReadyAtMs(5);
    lifecycle.stage('never_begun');
    lifecycle.setStartingReason('index 17 of 40, '.repeat(12));
    gate.hold('read_only');
    gate.hold('lease_lost');
    if (phase >= 1) lifecycle.markReady();
    if (phase === 1) gate.release('read_only');
    if (phase === 1) gate.release('lease_lost');
    gate.tryEnter('write');
    gate.tryEnter('query');
    if (phase >= 2) lifecycle.markDraining();
    if (phase >= 3) lifecycle.beginShutdown();
    if (phase >= 4) {
      lifecycle.finishShutdown({
        flushedWal: true,
        finalCheckpoint: false,
        backupUploaded: false,
        durationMs: 3210,
        startedAtMs: start,
        completedAtMs: start + 3210,
        drained: false,
        takenOver: true,
        trigger: 'SIGTERM',
        steps: [
          { name: 'flush_wal', status: 'ok', durationMs: 120 },
          {
            name: 'a-step-without-a-single-underscor',
            status: 'failed',
            durationMs: 8,
            error: 'x'.repeat(72),
          },
          {
            name: 'final_checkpoint',
            status: 'timed_out',
            durationMs: 3000,
            error: 'timed out after 3000 ms',
          },
          { name: 'backup', status: 'skipped', durationMs: 0 },
        ].map((step) => ({ ...step, name: step.name.slice(0, 32) }) as never),
      });
    }
  }

  it('is headed by the service and its version, also when the next one is of another', async () => {
    live(1);
    chromium.subject.becomes({ name: 'orders', version: '1.4.2' });
    const watched = await open({ viewport: { width: 1000, height: 900 } });
    const { page } = watched;
    const heading = page.getByRole('heading', { level: 1 });
    const place = `${hostname()} · process ${process.pid} · node ${process.versions.node}`;
    expect(await heading.textContent()).toBe(`orders 1.4.2 ${place}`);
    expect(await page.title()).toBe(`ready · orders 1.4.2 · ${place}`);
    await page.screenshot({ path: `${SHOTS}/named.png`, fullPage: true });
    chromium.subject.becomes({ name: HOSTILE, version: 'v'.repeat(80) });
    await expect.poll(() => heading.textContent()).toBe(`${HOSTILE} ${'v'.repeat(80)} ${place}`);
    expect(await watched.violations()).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await page.screenshot({ path: `${SHOTS}/named-narrow.png`, fullPage: true });
    expect(watched.complaints).toEqual([]);
  });

  describe.each([0, 1, 2, 3, 4])('in phase %i', (phase) => {
    it('axe finds nothing in either scheme, and it fits on a narrow screen', async () => {
      live(phase);
      const watched = await open({ viewport: { width: 1000, height: 900 } });
      const { page } = watched;
      await page.getByRole('button', { name: 'Pause updates' }).waitFor();
      for (const colorScheme of SCHEMES) {
        const shoot = (name: string): Promise<unknown> =>
          page.screenshot({ path: `${SHOTS}/${phase}-${colorScheme}-${name}.png`, fullPage: true });
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 1000, height: 900 });
        expect(await watched.violations()).toEqual([]);
        await shoot('wide');
        await page.setViewportSize({ width: 320, height: 900 });
        // What is wider than the screen has to be scrolled to in two directions (WCAG 1.4.10).
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        await shoot('narrow');
      }
      expect(watched.complaints).toEqual([]);
    });

    it('says its phase, and everything else, in landmarks, headings and tables', async () => {
      live(phase);
      const { page } = await open();
      await expect.poll(() => page.title()).toMatch(new RegExp(`^${PHASES[phase]} · tidegate · `));
      const tree = await page.locator('body').ariaSnapshot();
      for (const part of [
        'banner',
        'main',
        'region "Status"',
        'region "Checks"',
        'region "Shutdown"',
        'region "Cold start"',
        'region "Threads"',
      ]) {
        expect(tree).toContain(`- ${part}`);
      }
      expect((await page.getByRole('heading').allTextContents()).slice(1)).toEqual([
        'Status',
        'Checks',
        'Shutdown',
        'Cold start',
        'Threads',
      ]);
      expect(await page.locator('main [role=status]').textContent()).toContain(
        phase === 1 ? 'Writes are admitted' : `Writes are refused: ${PHASES[phase]}`,
      );
      expect(await page.locator('[aria-current=step]').textContent()).toContain(PHASES[phase]);
      const stages = page.getByRole('table', { name: 'Stages of the boot' });
      const named = (name: string) => stages.getByRole('row', { name });
      expect(await stages.getByRole('rowheader').count()).toBe(7);
      expect(await named('wal_replay').textContent()).toContain('200 ms');
      expect(await named('index_warmup').textContent()).toMatch(
        phase < 3 ? /running \d+/ : /unfinished/,
      );
      expect(await named('stepped_back').textContent()).toContain('unclear');
      expect(await named('never_begun').textContent()).toContain('waiting');
      expect(
        await page
          .getByRole('table', { name: 'In flight, by thread' })
          .getByRole('rowheader')
          .count(),
      ).toBe(1);
      const steps = page.getByRole('table', { name: 'Steps of the shutdown' });
      expect(await steps.getByRole('rowheader').count()).toBe(phase < 4 ? 0 : 4);
    });
  });

  it('asks a browser that has no token for one, and shows nothing to a wrong one', async () => {
    const asked = await open({ httpCredentials: { username: 'x', password: 'wrong' } });
    expect(await asked.page.content()).toContain('The token is missing or wrong');
    expect(await asked.page.content()).not.toContain('Writes are');
  });

  it('keeps up to date also where the URL has the credentials', async () => {
    const context = await chromium.browser.newContext();
    const watched = new Watched(await context.newPage());
    opened.push(watched);
    await watched.page.goto(
      `${chromium.subject.url.replace('//', `//anybody:${TOKEN}@`)}/admin/status`,
    );
    await chromium.subject.refreshes(2);
    chromium.subject.lifecycle.markReady();
    await watched.page.locator('.phase.ready').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('without scripts it is complete, and reloads itself', async () => {
    live(4);
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Actions' }).textContent()).toContain(
      'There is nothing left to do.',
    );
    expect(await page.getByRole('row').count()).toBeGreaterThan(10);
    expect(await page.locator('header').textContent()).toContain(
      'This page reloads every 5 seconds.',
    );
    await page.screenshot({ path: `${SHOTS}/no-script.png`, fullPage: true });
    await chromium.subject.refreshes(1);
    expect(await page.locator('.phase').textContent()).toContain('stopped');
  });

  it('with scripts it does not reload itself', async () => {
    const { page } = await open();
    expect(await page.locator('meta[http-equiv]').count()).toBe(0);
    await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
    await chromium.subject.refreshes(3);
    expect(await page.evaluate(() => 'isSame' in globalThis)).toBe(true);
  });

  it('is used by keyboard: the first control pauses and resumes', async () => {
    const { page, complaints } = await open();
    const button = page.getByRole('button', { name: 'Pause updates' });
    await button.waitFor();
    await page.keyboard.press('Tab');
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    // Seen, not only had.
    expect(await button.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe(
      'solid',
    );
    await page.screenshot({ path: `${SHOTS}/focus.png` });
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Resume updates' }).waitFor();
    expect(await page.locator('#note').textContent()).toBe('Paused.');
    await page.keyboard.press('Tab');
    chromium.subject.lifecycle.markReady();
    // One that was under way may still end; then nothing is asked for in the time of three updates.
    await page.waitForTimeout(500);
    const { asked } = chromium.subject;
    await page.waitForTimeout(1500);
    expect(chromium.subject.asked).toBe(asked);
    expect(await page.locator('.phase').textContent()).toContain('starting');
    await page.getByRole('button', { name: 'Resume updates' }).focus();
    await page.keyboard.press('Space');
    await page.locator('.phase.ready').waitFor();
    expect(await page.locator('#note').textContent()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('an update keeps focus, what is on the screen, and every element that stays', async () => {
    live(0);
    const { page } = await open({ viewport: { width: 320, height: 300 } });
    await page
      .getByRole('button', { name: 'Make read-only' })
      .or(page.getByRole('button', { name: 'Allow writes' }))
      .focus();
    await page.evaluate(() => {
      document.querySelector('#boot')?.scrollIntoView();
      Object.assign(globalThis, { elements: [...document.querySelectorAll('main *')] });
    });
    const look = () =>
      page.evaluate(() => {
        const { elements } = globalThis as unknown as { elements: Element[] };
        return {
          kept: elements.filter((element) => element.isConnected).length,
          top: Math.abs(
            Math.round(document.querySelector('#boot')?.getBoundingClientRect().top ?? NaN),
          ),
          isScrolled: scrollY > 0,
          focused: document.activeElement?.tagName,
        };
      });
    const before = await look();
    expect(before).toMatchObject({ isScrolled: true, focused: 'BUTTON' });
    // Shorter by lines, above what is on the screen.
    chromium.subject.lifecycle.setStartingReason('another');
    chromium.subject.lifecycle.gate.release('read_only');
    await page.getByText('another').waitFor();
    await chromium.subject.refreshes(2);
    expect(await look()).toEqual(before);
    expect(await page.locator('dl').textContent()).toContain('lease lost');
  });

  it('a screen reader hears of the phase when it changes, and not at every update', async () => {
    const { page } = await open();
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      for (const region of document.querySelectorAll('[role=status]')) {
        const observer = new MutationObserver(() => heard.push(region.textContent ?? ''));
        observer.observe(region, { subtree: true, childList: true, characterData: true });
      }
    });
    await chromium.subject.refreshes(3);
    chromium.subject.lifecycle.markReady();
    await page.locator('.phase.ready').waitFor();
    await chromium.subject.refreshes(3);
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    expect(heard).toEqual(['ready Writes are admitted']);
  });

  it('runs nothing that an application says, first or in an update', async () => {
    const { lifecycle } = chromium.subject;
    const { page, complaints } = await open();
    lifecycle.setStartingReason(HOSTILE);
    await page.locator('.phase').getByText('onerror').waitFor();
    expect(await page.locator('.phase bdi').textContent()).toBe(HOSTILE);
    const name = '<img src=x onerror=alert(3)>';
    lifecycle.finishShutdown({
      flushedWal: false,
      finalCheckpoint: false,
      backupUploaded: false,
      durationMs: 0,
      startedAtMs: 1,
      completedAtMs: 1,
      trigger: HOSTILE.slice(0, 60),
      steps: [{ name, status: 'failed', durationMs: 0, error: HOSTILE.slice(0, 70) }],
    });
    await page.getByRole('rowheader', { name }).waitFor();
    for (const watched of [page, (await open()).page]) {
      expect(await watched.locator('img, main script, svg[onload]').count()).toBe(0);
      const text = await watched.locator('main').textContent();
      expect(text).toContain(name);
      expect(text).toContain(`Trigger: ${HOSTILE.slice(0, 60)}`);
    }
    expect(complaints).toEqual([]);
    expect(opened.flatMap((watched) => watched.complaints)).toEqual([]);
  });

  it('its policy stops a script that got in all the same', async () => {
    const { page, complaints } = await open();
    await page.evaluate(() => {
      document
        .querySelector('main')
        ?.insertAdjacentHTML('beforeend', '<img src="/x" onerror="alert(1)">');
      const script = document.createElement('script');
      script.textContent = 'alert(2)';
      document.body.append(script);
    });
    await expect
      .poll(() => complaints.filter((text) => /Content Security Policy/.test(text)).length)
      .toBeGreaterThanOrEqual(2);
    expect(complaints.filter((text) => /^\d$/.test(text))).toEqual([]);
  });

  it('is readable in forced colours', async () => {
    live(0);
    const watched = await open({ forcedColors: 'active' });
    await watched.page.screenshot({ path: `${SHOTS}/forced-colours.png`, fullPage: true });
    const colours = await watched.page.evaluate(() => ({
      bars: [...document.querySelectorAll('rect')].map((rect) => getComputedStyle(rect).fill),
      ink: getComputedStyle(document.body).color,
    }));
    expect(new Set(colours.bars)).toEqual(new Set([colours.ink]));
  });
});
