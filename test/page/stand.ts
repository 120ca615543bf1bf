/**
 * Hooks of the tests in Chromium: one browser for all tests of a file, a subject for each test, and an
 * end to whatever a test opened. It asserts nothing.
 *
 * @module
 */

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launch, Subject, Watched } from './browser.ts';

/** What the tests of a file have at hand while they run. */
export interface Stand {
  readonly browser: Browser;
  readonly subject: Subject;
  /** Whatever is in here is closed after the test. */
  readonly opened: Watched[];
  /** Opens the status page of the subject. */
  open(options?: Parameters<typeof Watched.open>[2]): Promise<Watched>;
}

/** Registers the hooks. @param prepare is called with each new subject */
export function stand(prepare: (subject: Subject) => void = () => {}): Stand {
  let browser: Browser | undefined;
  let subject: Subject | undefined;
  const opened: Watched[] = [];

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    subject = await Subject.listen();
    prepare(subject);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((watched) => watched.close()));
    await subject?.close();
  });

  const now = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('No test is running');
    return value;
  };
  return {
    opened,
    get browser() {
      return now(browser);
    },
    get subject() {
      return now(subject);
    },
    async open(options) {
      const watched = await Watched.open(now(browser), now(subject).url, options);
      opened.push(watched);
      return watched;
    },
  };
}
