/**
 * The status page in a real Firefox, which nobody leads: what its server sees of it. That the script
 * runs under the page's policy, and keeps the page up to date, is seen by what it asks for; how the
 * page looks and what is in it is for the tests in Chromium.
 *
 * @module
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { toNodeListener } from '../../src/node.ts';
import { findBrowser, PACKAGES, type Visit } from '../matrix/browser.ts';

const firefox = findBrowser('firefox');
const missing =
  firefox === undefined && process.env.CI === undefined
    ? `SKIP on node: there is no Firefox; apt-get install ${PACKAGES.firefox}`
    : undefined;

describe.skipIf(missing !== undefined)(`in Firefox ${missing ?? ''}`, () => {
  const lifecycle = Lifecycle.create();
  const handler = createHandler(lifecycle, { openAdmin: true });
  /** What each request for the page was for, as browsers say. */
  const asked: (string | null)[] = [];
  const server = createServer(
    toNodeListener((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/admin/status') asked.push(request.headers.get('sec-fetch-dest'));
      else asked.push(pathname);
      return handler(request);
    }),
  );
  let visit: Visit | undefined;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (firefox === undefined) throw new Error('There is no Firefox');
    visit = firefox.open(`http://127.0.0.1:${port}/admin/status`);
  });
  afterAll(async () => {
    await visit?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    lifecycle.detach();
  });

  it('its script runs, and keeps it up to date without a reload', async () => {
    const isOver = visit?.ended.then((said) => {
      throw new Error(said);
    });
    while (asked.filter((what) => what === 'empty').length < 4) {
      await Promise.race([isOver, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    // Nothing but the page is asked for, but for the icon that browsers look for by themselves.
    expect(asked.filter((what) => what !== 'empty' && what !== '/favicon.ico')).toEqual([
      'document',
    ]);
  });
});
