/**
 * Chromium as a runtime: one page, cross-origin isolated, that asks for work, gives each case a worker
 * of its own (hence an isolate of its own), and posts the samples back. No driver is needed.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { findBrowser, PACKAGES, type Visit } from '../../test/matrix/browser.ts';
import type { Assignment } from './assignment.ts';
import { absentRuntime, type Runtime } from './runtimes.ts';

/** Programs of the page and of its workers, once they are bundled. */
const PAGE = 'build/bench/page.mjs';
const PAGE_WORKER = 'build/bench/page-worker.mjs';
/** A page that does not answer is gone. */
const LOST_MS = 60_000;

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** What the page posts. */
interface Posted {
  readonly samples?: readonly number[];
  readonly error?: string;
}

/** The Chromium of this machine, or its absence. */
export function chromiumRuntime(): Runtime {
  const browser = findBrowser('chromium');
  if (browser === undefined) {
    return absentRuntime('chromium', `apt-get install ${PACKAGES.chromium} would bring it`);
  }
  let desk: Desk | undefined;
  let visit: Visit | undefined;
  return {
    name: 'chromium',
    callsOnly: true,
    describe: async () => ({
      name: 'chromium',
      version: browser.version,
      engine: `V8 of Chromium ${browser.version.split('.')[0]}`,
      skipped: null,
    }),
    run: async (assignment) => {
      if (desk === undefined) {
        desk = await Desk.open();
        visit = browser.open(desk.url);
      }
      return await desk.ask(assignment);
    },
    close: async () => {
      await visit?.close();
      desk?.close();
    },
  };
}

/** The server that the page asks: one assignment at a time. */
class Desk {
  readonly url: string;
  readonly #server: Server;
  #assigned: Assignment | undefined;
  #waiting: ServerResponse | undefined;
  #done: (posted: Posted) => void = () => {};

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}/`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<Desk> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Desk(server);
  }

  /** Has the page measure. */
  async ask(assignment: Assignment): Promise<readonly number[]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const posted = await new Promise<Posted>((resolve) => {
      this.#done = resolve;
      timer = setTimeout(() => resolve({ error: `no answer in ${LOST_MS} ms` }), LOST_MS);
      this.#assigned = assignment;
      this.#hand();
    });
    clearTimeout(timer);
    if (posted.samples !== undefined) return posted.samples;
    throw new Error(`Chromium: ${posted.error}`);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/next') {
      this.#waiting = response;
      this.#hand();
    } else if (request.url === '/answer') {
      this.#done(JSON.parse(await text(request)) as Posted);
      response.writeHead(204).end();
    } else if (request.url === '/page.mjs' || request.url === '/page-worker.mjs') {
      const path = request.url === '/page.mjs' ? PAGE : PAGE_WORKER;
      response.writeHead(200, { ...ISOLATED, 'content-type': 'text/javascript' });
      response.end(readFileSync(path));
    } else {
      response.writeHead(200, { ...ISOLATED, 'content-type': 'text/html' });
      response.end('<!doctype html><script type="module" src="page.mjs"></script>');
    }
  }

  /** Brings together an assignment and a page that waits for one, whichever came first. */
  #hand(): void {
    if (this.#assigned === undefined || this.#waiting === undefined) return;
    this.#waiting.writeHead(200, { 'content-type': 'application/json' });
    this.#waiting.end(JSON.stringify(this.#assigned));
    this.#assigned = undefined;
    this.#waiting = undefined;
  }
}
