/**
 * Reads: from the address of a GET to its answer, under a query permit of the thread that reads. It
 * runs on the reader threads, and on the main thread while there are none.
 *
 * @module
 */

import type { Lifecycle } from 'tidegate';
import { type Answer, answerTo, json } from './answer.ts';
import { checkCharacters, idOf } from './names.ts';
import type { Queries } from './queries.ts';
import { Refusal } from './refusal.ts';

const QUERY_MAX = 200;
const HITS_MAX = 50;
const HITS = 10;

/** Answers a read. It throws nothing: what goes wrong is an answer, too. */
export type Read = (address: string) => Answer;

/** Makes the reads of this thread. An address is a path with its parameters. */
export function createReads(
  { gate }: Lifecycle,
  /** There are none before the boot has opened the database; the gate is closed until then. */
  queries: () => Queries,
  /** Hears what went wrong in here; the client is told no more than that something did. */
  complain: (error: unknown) => void,
): Read {
  function document(name: string): Answer {
    const id = idOf(name);
    const found = gate.run('query', () => queries().get(id));
    if (found === undefined) throw new Refusal(404, `There is no document ${id}`);
    const { title, text, updatedAtMs } = found;
    return json(200, { id, title, text, updated_at_ms: updatedAtMs });
  }

  function search(parameters: URLSearchParams): Answer {
    const query = queryOf(parameters.get('q'));
    const limit = limitOf(parameters.get('limit'));
    const results = gate.run('query', () => queries().search(query, limit));
    return json(200, { query, results });
  }

  return (address) => {
    try {
      const { pathname, searchParams } = new URL(`http://documents${address}`);
      if (pathname === '/search') return search(searchParams);
      const [, name] = /^\/documents\/([^/]+)$/.exec(pathname) ?? [];
      if (name !== undefined) return document(name);
      throw new Refusal(404, 'Try /documents/:id, /search?q= or /health/ready');
    } catch (error) {
      return answerTo(error, complain);
    }
  };
}

function queryOf(query: string | null): string {
  if (query === null || query.trim() === '') throw new Refusal(400, 'q is missing or empty');
  if (query.length > QUERY_MAX) throw new Refusal(400, `q is longer than ${QUERY_MAX} characters`);
  checkCharacters('q', query);
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
