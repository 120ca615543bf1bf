/**
 * Answers: what a route says, and how that becomes a `Response`. Every header that all answers
 * share is set here and nowhere else.
 *
 * @module
 */

import type { WebResponse } from '../lifecycle/platform.ts';

/** What a route answers, before it is known whether the body is wanted (`HEAD`). */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Beyond those that every answer has. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer in JSON. */
export function json(
  status: number,
  value: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
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
 * Turns an answer into the response.
 *
 * @param closing a shutdown was accepted, so the connection should not be used again: the requests
 *   that a graceful shutdown loses are the next ones on kept-alive connections
 */
export function respond(answer: Answer, isHead: boolean, closing: boolean): WebResponse {
  const { status, type, body } = answer;
  const headers: Record<string, string> = { 'content-type': type, 'cache-control': 'no-store' };
  // No answer has those two of its own; and most have none, which copied cost as much as they do.
  if (answer.headers !== undefined) Object.assign(headers, answer.headers);
  if (status === 503) headers['retry-after'] = '1';
  if (closing) headers.connection = 'close';
  return new Response(isHead ? null : body, { status, headers });
}
