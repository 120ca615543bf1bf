/**
 * The service's own routes: documents and search. Every write holds a write permit, every read a
 * query permit, so that a drain waits for them and nothing is written after it.
 *
 * @module
 */

import { GateClosedError, type Lifecycle } from 'tidegate';
import { readText } from './body.ts';
import { Refusal } from './refusal.ts';
import { type Content, type Document, QueryError, type Store } from './store.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TITLE_MAX = 200;
const QUERY_MAX = 200;
const HITS_MAX = 50;
const HITS = 10;
/** Bytes of a request's body. */
const BODY_MAX = 64 * 1024;
/** How long an upload may say nothing: well below half of a shutdown's budget. */
const BODY_STALL_MS = 5_000;

/** Answers every request that is no probe and no admin call. */
export function createRoutes(
  lifecycle: Lifecycle,
  /** There is none before the boot has opened it; the gate is closed until then. */
  store: () => Store,
  /** Hears what went wrong in here; the client is told no more than that something did. */
  complain: (error: unknown) => void,
): (request: Request) => Promise<Response> {
  const { gate } = lifecycle;

  async function documents(request: Request, name: string): Promise<Response> {
    const id = idOf(name);
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        const found = gate.run('query', () => store().get(id));
        if (found === undefined) throw new Refusal(404, `There is no document ${id}`);
        return json(200, onWire(found));
      }
      case 'PUT': {
        // The permit comes before the body: an upload that has begun when a drain begins is a write
        // under way, and is waited for; one that stalls is given up by its reader.
        const isNew = await gate.run('write', async () => {
          const content = contentOf(await readText(request, BODY_MAX, BODY_STALL_MS));
          return store().put(id, content);
        });
        return json(isNew ? 201 : 200, { id, created: isNew });
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

  function search(request: Request, parameters: URLSearchParams): Response {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw notAllowed(request, 'GET, HEAD');
    }
    const query = queryOf(parameters.get('q'));
    const limit = limitOf(parameters.get('limit'));
    const results = gate.run('query', () => store().search(query, limit));
    return json(200, { query, results });
  }

  return async (request) => {
    try {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === '/search') return search(request, searchParams);
      const [, name] = /^\/documents\/([^/]+)$/.exec(pathname) ?? [];
      if (name !== undefined) return await documents(request, name);
      throw new Refusal(404, 'Try /documents/:id, /search?q= or /health/ready');
    } catch (error) {
      const known = answerTo(error);
      if (known !== undefined) return known;
      complain(error);
      return json(500, { error: 'The service failed; its log says why' });
    }
  };
}

function answerTo(error: unknown): Response | undefined {
  if (error instanceof Refusal) return json(error.status, { error: error.message }, error.headers);
  if (error instanceof GateClosedError) {
    return json(503, { error: error.message, reason: error.reason }, { 'retry-after': '1' });
  }
  if (error instanceof QueryError) {
    return json(400, { error: `q is no FTS5 query: ${error.message}` });
  }
  return undefined;
}

function json(
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(value, { status, headers: { 'cache-control': 'no-store', ...headers } });
}

function onWire({ id, title, text, updatedAtMs }: Document): Record<string, unknown> {
  return { id, title, text, updated_at_ms: updatedAtMs };
}

function notAllowed(request: Request, allow: string): Refusal {
  return new Refusal(405, `The method is ${request.method}, not ${allow}`, { allow });
}

function idOf(name: string): string {
  let id: string;
  try {
    id = decodeURIComponent(name);
  } catch {
    throw new Refusal(400, 'The id is not percent-encoded UTF-8');
  }
  if (!ID.test(id)) throw new Refusal(400, `The id does not match ${ID.source}`);
  return id;
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

function queryOf(query: string | null): string {
  if (query === null || query.trim() === '') throw new Refusal(400, 'q is missing or empty');
  if (query.length > QUERY_MAX) throw new Refusal(400, `q is longer than ${QUERY_MAX} characters`);
  checkCharacters('q', query);
  return query;
}

/** What SQLite would not give back as it was. */
function checkCharacters(name: string, text: string): void {
  if (text.includes('\0')) throw new Refusal(400, `${name} has a NUL character`);
  if (/\p{Surrogate}/u.test(text)) throw new Refusal(400, `${name} has half of a character`);
}

function limitOf(text: string | null): number {
  if (text === null) return HITS;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > HITS_MAX) {
    throw new Refusal(400, `limit is not a number in 1 … ${HITS_MAX}`);
  }
  return limit;
}
