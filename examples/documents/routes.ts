/**
 * The service's own routes. A GET is a read, and others answer it; a write is done here, on the thread
 * that owns the database, under a write permit, so that a drain waits for it and nothing is written
 * after it.
 *
 * @module
 */

import type { Lifecycle } from 'tidegate';
import { type Answer, answerTo, json, responseOf } from './answer.ts';
import { readText } from './body.ts';
import { checkCharacters, idOf } from './names.ts';
import type { Content } from './queries.ts';
import { Refusal } from './refusal.ts';
import type { Store } from './store.ts';

const TITLE_MAX = 200;
/** Bytes of a request's body. */
const BODY_MAX = 64 * 1024;
/** How long an upload may say nothing: well below half of a shutdown's budget. */
const BODY_STALL_MS = 5_000;

/** What the routes go to. */
export interface Rooms {
  readonly lifecycle: Lifecycle;
  /** There is none before the boot has opened it; the gate is closed until then. */
  readonly store: () => Store;
  /** Answers a GET, by its address. */
  readonly read: (address: string) => Answer | Promise<Answer>;
  /** Hears what went wrong in here; the client is told no more than that something did. */
  readonly complain: (error: unknown) => void;
}

/** Answers every request that is no probe and no admin call. */
export function createRoutes(rooms: Rooms): (request: Request) => Promise<Response> {
  const { store, read, complain } = rooms;
  const { gate } = rooms.lifecycle;

  async function write(request: Request, name: string): Promise<Response> {
    const id = idOf(name);
    switch (request.method) {
      case 'PUT': {
        // The permit comes before the body: an upload that has begun when a drain begins is a write
        // under way, and is waited for; one that stalls is given up by its reader.
        const isNew = await gate.run('write', async () => {
          const content = contentOf(await readText(request, BODY_MAX, BODY_STALL_MS));
          return store().put(id, content);
        });
        return responseOf(json(isNew ? 201 : 200, { id, created: isNew }));
      }
      case 'DELETE': {
        const existed = gate.run('write', () => store().delete(id));
        if (!existed) throw new Refusal(404, `There is no document ${id}`);
        return new Response(null, { status: 204 });
      }
      default:
        throw notAllowed(request, 'GET, HEAD, PUT, DELETE');
    }
  }

  return async (request) => {
    try {
      const { pathname, search } = new URL(request.url);
      if (request.method === 'GET' || request.method === 'HEAD') {
        return responseOf(await read(pathname + search));
      }
      if (pathname === '/search') throw notAllowed(request, 'GET, HEAD');
      const [, name] = /^\/documents\/([^/]+)$/.exec(pathname) ?? [];
      if (name !== undefined) return await write(request, name);
      throw new Refusal(404, 'Try /documents/:id, /search?q= or /health/ready');
    } catch (error) {
      return responseOf(answerTo(error, complain));
    }
  };
}

function notAllowed(request: Request, allow: string): Refusal {
  return new Refusal(405, `The method is ${request.method}, not ${allow}`, { allow });
}

function contentOf(body: string): Content {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal(400, 'The body is not JSON: {"title": "...", "text": "..."}');
  }
  const { title, text } = (value ?? {}) as { readonly title?: unknown; readonly text?: unknown };
  if (typeof title !== 'string' || title.trim() === '' || title.length > TITLE_MAX) {
    throw new Refusal(400, `title is not a text of 1 to ${TITLE_MAX} characters`);
  }
  if (typeof text !== 'string') throw new Refusal(400, 'text is not a text');
  checkCharacters('title', title);
  checkCharacters('text', text);
  return { title, text };
}
