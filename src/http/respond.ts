/**
 * Answers: what a route says, and how that becomes a `Response`. Every header that all answers
 * share is set here and nowhere else.
 *
 * @module
 */

import type { WebResponse } from '../lifecycle/platform.ts';
import type { PlainAnswer } from '../lifecycle/routes.ts';

/** What a route answers, before it is known whether the body is wanted (`HEAD`). */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Beyond those that every answer has. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** There is nothing to say but the headers. */
const NO_CONTENT = 204;

/** An answer without a body. */
export function noContent(headers: Readonly<Record<string, string>>): Answer {
  return { status: NO_CONTENT, type: '', body: '', headers };
}

/** An answer in JSON. */
export function json(
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
}

/** A value, and the text that was made of it. */
interface Kept {
  readonly value: Readonly<Record<string, unknown>>;
  readonly keys: readonly string[];
  readonly body: string;
}

/** The last of each kind. */
const kept: Map<string, Kept> = new Map();

/**
 * The same for what is asked again and again and seldom changes: the text of the last answer of its
 * kind is kept as long as it says what this one would.
 *
 * @param constant an object among the values in which nothing ever changes
 */
export function keptJson(
  kind: string,
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
  constant?: object,
): Answer {
  const last = kept.get(kind);
  if (last !== undefined && isSame(last, value, constant)) {
    return { status, type: 'application/json', body: last.body, headers };
  }
  const answer = json(status, value, headers);
  kept.set(kind, { value, keys: Object.keys(value), body: answer.body });
  return answer;
}

/** The same keys in the same order, with the same values; what is in another object may have changed. */
function isSame(
  { keys, value: one }: Kept,
  other: Readonly<Record<string, unknown>>,
  constant: object | undefined,
): boolean {
  let index = 0;
  for (const key in other) {
    const value = other[key];
    if (key !== keys[index] || value !== one[key]) return false;
    if (typeof value === 'object' && value !== null && value !== constant) return false;
    index += 1;
  }
  return index === keys.length;
}

/** A refusal: what was wrong, in words. */
export function refusal(
  status: number,
  error: string,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return json(status, { ok: false, error }, headers);
}

/**
 * The headers of an answer.
 *
 * @param closing a shutdown was accepted, so the connection should not be used again: the requests
 *   that a graceful shutdown loses are the next ones on kept-alive connections
 */
export function headersOf(answer: Answer, closing: boolean): Record<string, string> {
  const headers: Record<string, string> =
    answer.status === NO_CONTENT
      ? { 'cache-control': 'no-store' }
      : { 'content-type': answer.type, 'cache-control': 'no-store' };
  // No answer has those two of its own; and most have none, which copied cost as much as they do.
  if (answer.headers !== undefined) Object.assign(headers, answer.headers);
  if (answer.status === 503) headers['retry-after'] = '1';
  if (closing) headers.connection = 'close';
  return headers;
}

/** Turns an answer into the response. */
export function respond(answer: Answer, isHead: boolean, closing: boolean): WebResponse {
  const { status, body } = answer;
  return new Response(isHead || status === NO_CONTENT ? null : body, {
    status,
    headers: headersOf(answer, closing),
  });
}

/** Turns an answer into its parts, for a server that needs no `Response`. */
export function plain(answer: Answer, closes: boolean): PlainAnswer {
  const { status, body } = answer;
  const headers = Object.entries(headersOf(answer, false)).flat();
  // RFC 9110 §8.6: a 204 has none.
  if (status !== NO_CONTENT) {
    headers.push('content-length', String(new TextEncoder().encode(body).length));
  }
  return { status, headers, body, closes };
}
