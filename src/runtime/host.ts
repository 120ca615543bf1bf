/**
 * Whether a host header names a host. Runtimes differ in what they make of one that does not: a
 * `Request` whose address has another host, or a user, or cannot be parsed at all.
 *
 * @module
 */

/** RFC 3986 §3.2.2 and an optional port: no user, no path, nothing percent-encoded. */
const HOST = /^(?:[a-z0-9._~!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

/** True for a host, with or without a port, as a host header has it. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * The request, with an address that the handler can parse, of the host that it was sent to;
 * `undefined` if it cannot have one. HTTP/1.0 needs no host, and health checks of load balancers
 * send none: Bun leaves such a request with a path for its address.
 */
export function addressed(request: Request): Request | undefined {
  try {
    const { headers, url } = request;
    const host = headers.get('host');
    if (host === null && url.startsWith('/')) return new Request(`http://localhost${url}`, request);
    return (host === null || isHost(host)) && URL.canParse(url) ? request : undefined;
  } catch {
    return undefined;
  }
}
