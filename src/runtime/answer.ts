/**
 * From a request to a response that can be sent: the application's, a 404 or a 500, and whether the
 * connection ends with it. It knows no server.
 *
 * @module
 */

import type { PlainAnswer } from '../lifecycle/routes.ts';

/**
 * What the handler returned, if it can be sent.
 *
 * @throws {TypeError}
 */
export function sendable(response: unknown): Response | undefined {
  if (response === undefined) return undefined;
  if (!isSendable(response)) throw new TypeError('The handler returned what cannot be sent');
  return response;
}

/** An address as others write it: an IPv4 one that a socket of both families has mapped is IPv4. */
export function plainAddress(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** A refusal in JSON, in the shape of the admin routes' refusals. */
export function refusal(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ ok: false, error }, { status, headers });
}

/** An answer with the headers that all of ours have. */
export function plainAnswer(
  status: number,
  type: string,
  body: string,
  more: readonly string[] = [],
): PlainAnswer {
  const length = String(new TextEncoder().encode(body).length);
  const headers = ['content-type', type, 'cache-control', 'no-store', 'content-length', length];
  return { status, headers: [...headers, ...more], body, closes: false };
}

/** The same as a `Response`. */
export function responseOf({ status, headers, body }: PlainAnswer, isHead: boolean): Response {
  const pairs = headers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 && name !== 'content-length' ? [[name, headers[index + 1] ?? '']] : [],
  );
  return new Response(isHead ? null : body, { status, headers: pairs });
}

/** The same, for a server that needs no `Response`. */
export function plainRefusal(
  status: number,
  error: string,
  headers: readonly string[] = [],
): PlainAnswer {
  return plainAnswer(status, 'application/json', JSON.stringify({ ok: false, error }), headers);
}

/** The same response, saying `connection: close`. */
export function closing(response: Response): Response {
  return changed(response, (headers) => headers.set('connection', 'close'));
}

/** The same response, of whatever length it turns out to be. */
export function withoutLength(response: Response): Response {
  return changed(response, (headers) => headers.delete('content-length'));
}

function changed(response: Response, change: (headers: Headers) => void): Response {
  let open = response;
  try {
    change(open.headers);
  } catch {
    // The headers of a redirect, or of what came from fetch(), cannot be changed.
    open = rebuilt(response);
    change(open.headers);
  }
  return open;
}

/** The same response in this runtime's own class: `Deno.serve` and `Bun.serve` take no other. */
export function native(response: Response): Response {
  return response instanceof Response ? response : rebuilt(response);
}

function rebuilt({ body, status, statusText, headers }: Response): Response {
  return new Response(body, { status, statusText, headers: new Headers(headers) });
}

/** By its shape: frameworks bring Response classes of their own. Response.error() has status 0. */
function isSendable(value: unknown): value is Response {
  const { status, headers, bodyUsed } = (value as Partial<Response> | null) ?? {};
  return (
    typeof status === 'number' &&
    status >= 200 &&
    status <= 599 &&
    typeof headers === 'object' &&
    bodyUsed === false
  );
}
