/**
 * An answer as one thread can hand it to another: a status, headers, and the bytes of a body, which
 * are moved and not copied. What becomes of an error is decided here, on whichever thread it is.
 *
 * @module
 */

import { GateClosedError } from 'tidegate';
import { QueryError } from './queries.ts';
import { Refusal } from './refusal.ts';

/** What is sent to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON in UTF-8, in a buffer of its own. */
  readonly body: Uint8Array<ArrayBuffer>;
}

const ENCODER = new TextEncoder();

/** An answer in JSON. */
export function json(
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: ENCODER.encode(JSON.stringify(value)),
  };
}

/** The answer to a request that was refused, or failed. Only what is nobody's fault is complained of. */
export function answerTo(error: unknown, complain: (error: unknown) => void): Answer {
  if (error instanceof Refusal) return json(error.status, { error: error.message }, error.headers);
  if (error instanceof GateClosedError) {
    return json(503, { error: error.message, reason: error.reason }, { 'retry-after': '1' });
  }
  if (error instanceof QueryError) {
    return json(400, { error: `q is no FTS5 query: ${error.message}` });
  }
  complain(error);
  return json(500, { error: 'The service failed; its log says why' });
}

/** As the server sends it. */
export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}
