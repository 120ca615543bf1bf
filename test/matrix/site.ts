/**
 * The server of the pages under test. A page is a folder of its own with its own headers: whoever
 * opens it gets the program, the assignment, and a place to post the answer to. No driver is needed:
 * any browser that opens an address can be tested.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A page to be opened. */
export interface Page {
  /** Headers of everything in its folder. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its module, and whatever else lies in its folder. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** What `assignment` answers. */
  readonly assignment: unknown;
}

/** A page that is served. */
export interface Opened {
  readonly url: string;
  /** What it posts; rejects if it posts that it broke. */
  readonly answer: Promise<unknown>;
}

/** A page that breaks before it answers says so; under a policy, only files may be scripts. */
const WATCH = `
const post = (error) => fetch('broken', { method: 'POST', body: String(error) });
addEventListener('error', (event) => post(event.message + ' ' + (event.target?.src ?? '')), true);
addEventListener('unhandledrejection', (event) => post(event.reason?.stack ?? event.reason));
`;
const HTML = `<!doctype html><meta charset="utf-8"><title>tidegate</title>
<script src="watch.js"></script><script type="module" src="page.js"></script>`;
const TYPES: Readonly<Record<string, string>> = {
  '': 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
};

interface Folder extends Page {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** Serves pages to the browsers of this machine. */
export class Site {
  readonly #folders = new Map<string, Folder>();
  readonly #server: Server;
  #last = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async open(): Promise<Site> {
    const site = new Site();
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  serve(page: Page): Opened {
    this.#last += 1;
    const name = `page-${this.#last}`;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#folders.set(name, { ...page, resolve, reject });
    });
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/${name}/`, answer };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', ...path] = (request.url ?? '').split('/');
    const file = path.join('/');
    const folder = this.#folders.get(name);
    if (folder === undefined) {
      response.writeHead(404).end();
      return;
    }
    const end = (status: number, body: string | Uint8Array, type = 'text/plain'): void => {
      response
        .writeHead(status, { ...folder.headers, 'content-type': type, 'cache-control': 'no-store' })
        .end(body);
    };
    if (request.method === 'POST') {
      const body = await text(request);
      if (file === 'answer') folder.resolve(JSON.parse(body));
      else folder.reject(new Error(`The page broke: ${body}`));
      end(204, '');
      return;
    }
    const files = { '': HTML, 'watch.js': WATCH, ...folder.files };
    if (file === 'assignment') end(200, JSON.stringify(folder.assignment), 'application/json');
    else if (Object.hasOwn(files, file)) {
      end(200, files[file as keyof typeof files], TYPES[file.split('.').at(-1) ?? '']);
    } else end(404, '');
  }
}
