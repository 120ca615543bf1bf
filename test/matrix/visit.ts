/**
 * A visit: a browser opens a page of a site, and what the page posts is the outcome. It ends, whatever
 * the browser does.
 *
 * @module
 */

import type { Browser } from './browser.ts';
import type { Page, Site } from './site.ts';

/** Opens a page and waits for what it posts, for so many milliseconds. */
export async function visit(
  browser: Browser,
  site: Site,
  page: Page,
  limitMs: number,
): Promise<unknown> {
  const { url, answer } = site.serve(page);
  const opened = browser.open(url);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer after ${limitMs} ms`)), limitMs);
  });
  const gone = opened.ended.then((said): never => {
    throw new Error(`The browser is gone: ${said}`);
  });
  // It goes when it is closed, too, which is no news then.
  gone.catch(() => {});
  try {
    return await Promise.race([answer, gone, late]);
  } finally {
    clearTimeout(timer);
    await opened.close();
  }
}
