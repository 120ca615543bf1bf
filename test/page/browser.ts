/**
 * A real Chromium and a service for it to look at. It asserts nothing.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { createHandler, type Handler, type HandlerOptions } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { toNodeListener } from '../../src/node.ts';

export const TOKEN = 'a-token-of-the-operator';
/** Where screenshots go, to be looked at. */
export const SHOTS = 'build/page';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser, or `undefined`. In CI a missing one is a failure of the launch. */
export const missing: string | undefined =
  existsSync(PROGRAM) || process.env.CI === 'true'
    ? undefined
    : `SKIP on node: there is no ${PROGRAM}; apt-get install chromium, or name one by CHROMIUM`;

/** Launches it. */
export function launch(): Promise<Browser> {
  mkdirSync(SHOTS, { recursive: true });
  // Its sandbox refuses to run as root, as which CI runs it; it sees no page but ours.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: PROGRAM, args });
}

/** What a page said that it should not have. */
export class Watched {
  readonly page: Page;
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => {
      this.complaints.push(dialog.message());
      void dialog.dismiss();
    });
  }

  /** Opens the status page of a service. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Watched> {
    const context = await browser.newContext({
      httpCredentials: { username: 'anybody', password: TOKEN },
      ...options,
    });
    const watched = new Watched(await context.newPage());
    await watched.page.goto(`${url}/admin/status`);
    return watched;
  }

  /** What axe finds, as `rule: element`. */
  async violations(): Promise<string[]> {
    // As a string over the debugger: the page's own policy lets no other script in.
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(options: object): Promise<{
            violations: { id: string; nodes: { html: string }[] }[];
            passes: unknown[];
          }>;
        };
      };
      const { violations, passes } = await axe.run({ resultTypes: ['violations', 'passes'] });
      if (passes.length === 0) return ['axe looked at nothing'];
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * A service whose lifecycle a test moves as it likes, on a socket that stays open also when it is
 * Stopped.
 */
export class Subject {
  readonly lifecycle: Lifecycle = Lifecycle.create();
  /** How often the page was asked for. */
  asked = 0;
  readonly #server: Server;
  #handler: Handler;

  private constructor() {
    this.#handler = createHandler(this.lifecycle, { adminToken: TOKEN });
    this.#server = createServer(
      toNodeListener((request) => {
        if (request.url.endsWith('/admin/status')) this.asked += 1;
        return this.#handler(request);
      }),
    );
  }

  /** From now on it is another service, or another version of it. */
  becomes(called: Pick<HandlerOptions, 'name' | 'version'>): void {
    this.#handler = createHandler(this.lifecycle, { adminToken: TOKEN, ...called });
  }

  static async listen(): Promise<Subject> {
    const subject = new Subject();
    await new Promise<void>((resolve) => subject.#server.listen(0, '127.0.0.1', resolve));
    return subject;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the page was asked for so many times more. */
  async refreshes(count: number): Promise<void> {
    const until = this.asked + count;
    while (this.asked < until) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
