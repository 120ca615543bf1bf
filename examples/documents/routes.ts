/**
 * The service's own routes: documents and search. Every write holds a write permit, every read a
 * query permit, so that a drain waits for them and nothing is written after it.
 *
 * @module
 */

import { GateClosedError, type Lifecycle } from 'tidegate';
import type { Content, Document, Store } from './store.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TITLE_MAX = 200;
const QUERY_MAX = 200;
const HITS_MAX = 50;
const HITS = 10;
/** Bytes of a request's body. */
const BODY_MAX = 64 * 1024;

/** What is wrong with a request, and the status that says so. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Answers every request that is no probe and no admin call. */
export function createRoutes(
  lifecycle: Lifecycle,
  /** There is none before the boot has opened it; the gate is closed until then. */
  store: () => Store,
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
        // Read before the gate: a slow upload must not hold up a drain, and is not yet a write.
        const content = contentOf(await readText(request));
        const isNew = gate.run('write', () => store().put(id, content));
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
      return answerTo(error);
    }
  };
}

function answerTo(error: unknown): Response {
  if (error instanceof Refusal) return json(error.status, { error: error.message }, error.headers);
  if (error instanceof GateClosedError) {
    return json(503, { error: error.message, reason: error.reason }, { 'retry-after': '1' });
  }
  throw error;
}

function json(
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(value, { status, headers });
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

/** Stops reading at the limit, whatever `content-length` says. */
async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > BODY_MAX) {
      reader.cancel().catch(() => {});
      throw new Refusal(413, `The body is longer than ${BODY_MAX} bytes`);
    }
    chunks.push(value);
  }
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return (
      chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
    );
  } catch {
    throw new Refusal(400, 'The body is not UTF-8');
  }
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
  // SQLite ends a text at its first NUL when it is read as a string.
  if (/\0/.test(title + text)) throw new Refusal(400, 'title and text have no NUL characters');
  return { title, text };
}

function queryOf(query: string | null): string {
  if (query === null || query.trim() === '') throw new Refusal(400, 'q is missing or empty');
  if (query.length > QUERY_MAX) throw new Refusal(400, `q is longer than ${QUERY_MAX} characters`);
  if (/\0/.test(query)) throw new Refusal(400, 'q has a NUL character');
  return query;
}

function limitOf(text: string | null): number {
  if (text === null) return HITS;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > HITS_MAX) {
    throw new Refusal(400, `limit is not a number in 1 … ${HITS_MAX}`);
  }
  return limit;
}
