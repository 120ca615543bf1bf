/**
 * From a request to a response that can be sent: the application's, or a 404, or a 500; and the
 * word that the connection ends here. It knows no server.
 *
 * @module
 */

import type { PlainAnswer } from '../lifecycle/routes.ts';
import type { FetchHandler } from './options.ts';

/** The application's answer, or the one in its place. Never rejects. */
export async function answer(fetch: FetchHandler, request: Request): Promise<Response> {
  try {
    return (await call(fetch, request)) ?? refusal(404, 'not found');
  } catch {
    return refusal(500, 'internal server error');
  }
}

/**
 * Calls the handler.
 *
 * @throws what the handler throws; TypeError for what cannot be sent
 */
export async function call(fetch: FetchHandler, request: Request): Promise<Response | undefined> {
  return sendable(await fetch(request));
}

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

/** A refusal in JSON, in the shape of the admin routes' refusals. */
export function refusal(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ ok: false, error }, { status, headers });
}

/** The same, for a server that needs no `Response`. */
export function plainRefusal(
  status: number,
  error: string,
  headers: readonly string[] = [],
): PlainAnswer {
  const body = JSON.stringify({ ok: false, error });
  const length = String(new TextEncoder().encode(body).length);
  const shared = ['content-type', 'application/json', 'content-length', length];
  return { status, headers: [...shared, ...headers], body, closes: false };
}

/** The same response, saying `connection: close`. */
export function closing(response: Response): Response {
  let open = response;
  try {
    open.headers.set('connection', 'close');
  } catch {
    // The headers of a redirect, or of what came from fetch(), cannot be changed.
    open = rebuilt(response);
    open.headers.set('connection', 'close');
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
