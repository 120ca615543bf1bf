/**
 * Whether a host header names a host. Runtimes differ in what they make of one that does not: a
 * `Request` whose URL has another host, or a user, or cannot be parsed at all. It answers nothing.
 *
 * @module
 */

/** RFC 3986 §3.2.2 and an optional port: no user, no path, nothing percent-encoded. */
const HOST = /^(?:[a-z0-9._~!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

/** True for a host, with or without a port, as a host header has it. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** A host that was looked at, and what an address of it begins with: most requests name the same one. */
let lastHost: string | undefined;
let lastBegin = '//';

/**
 * The request, with an address that the handler can parse, of the host that it was sent to;
 * `undefined` if it cannot have one. HTTP/1.0 needs no host, and health checks of load balancers
 * send none: Bun leaves such a request with a path for its address.
 *
 * @param isParsed true where the runtime has parsed the address: then its host is valid, and
 * headers, which are made when they are read, need no look. Deno only joins host and target, so
 * `http://a/b/c` may be of the host `a/b`.
 */
export function addressed(request: Request, isParsed: boolean): Request | undefined {
  try {
    const { url } = request;
    if (url.startsWith(lastBegin)) {
      // A target begins with a slash, so an invalid host would change it: `http://a/b` has the host `a`.
      if (isParsed || isOneSegment(url)) return request;
      if (request.headers.get('host') === lastHost) return request;
    }
    const host = request.headers.get('host');
    if (host === null && url.startsWith('/')) return new Request(`http://localhost${url}`, request);
    if ((host !== null && !isHost(host)) || !URL.canParse(url)) return undefined;
    const begin = url.slice(0, url.indexOf('/', url.indexOf('//') + 2) + 1);
    if (host !== null && begin.endsWith(`//${host}/`)) [lastBegin, lastHost] = [begin, host];
    return request;
  } catch {
    return undefined;
  }
}

/** Whether what comes after the host that was looked at has one slash, that of the target. */
function isOneSegment(url: string): boolean {
  return !url.includes('/', lastBegin.length);
}
