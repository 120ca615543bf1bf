/**
 * Who may make a call: bearer tokens, Basic for the status page, and whether a request came from
 * another site. It knows no route.
 *
 * @module
 */

/** What a client may show a token as. */
export type Scheme = 'bearer' | 'basic';

/** Compares what a client shows with one secret. */
export type Secret = (presented: string) => boolean;

/**
 * Keeps a token for comparison in constant time.
 *
 * The loop turns once for each character that was *presented*, which the client knows, and walks
 * the token round and round; nothing in it branches on a character. So the time says nothing of the
 * token: neither how far a guess is right nor, unlike a comparison that first looks at the lengths,
 * how long the token is. (Hashing both sides would do, too, but only WebCrypto is everywhere, it
 * is asynchronous, and it is missing on pages without https.)
 *
 * @param token not empty
 */
export function secret(token: string): Secret {
  const wanted = Uint16Array.from(token, (character) => character.charCodeAt(0));
  const length = wanted.length;
  return (presented) => {
    let difference = presented.length ^ length;
    for (let index = 0; index < presented.length; index++) {
      difference |= presented.charCodeAt(index) ^ (wanted[index % length] ?? 0);
    }
    return difference === 0;
  };
}

/**
 * The token in an `authorization` header, if it is of a scheme that is accepted here; an empty
 * string, which is nobody's token, if there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function presentedToken(headers: Headers, schemes: readonly Scheme[]): string {
  const header = headers.get('authorization') ?? '';
  const space = header.indexOf(' ');
  const scheme = header.slice(0, Math.max(space, 0)).toLowerCase();
  const credentials = header.slice(space + 1).trim();
  if (scheme === 'bearer' && schemes.includes('bearer')) return credentials;
  if (scheme === 'basic' && schemes.includes('basic')) return passwordOf(credentials);
  return '';
}

/**
 * The value of `www-authenticate`. A browser asks for a password if Basic comes first: Chromium looks
 * at the first scheme of a line only, and a `Headers` has one line for all.
 */
export function challenge(schemes: readonly Scheme[]): string {
  return schemes
    .map((scheme) => `${scheme === 'basic' ? 'Basic' : 'Bearer'} realm="tidegate"`)
    .join(', ');
}

/**
 * True if a browser says that a page of another site made this request. Clients that are no
 * browsers send neither header and are let through.
 *
 * `same-site` is another site here: a neighbour under the same domain may be anybody's. Only the
 * host is compared with `origin`, as a proxy that ends TLS hides the scheme.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isCrossSite(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = request.headers.get('origin');
  if (origin === null) return false;
  // Whichever of the two an adapter fills in, a page cannot make it the host of its own origin.
  const own = [hostOf(request.url), request.headers.get('host')?.toLowerCase()];
  const theirs = hostOf(origin);
  return theirs === undefined || !own.includes(theirs);
}

/** What the script of the status page sends with its calls; a form cannot, and another site may not. */
export const PAGE_HEADER = 'x-tidegate-page';

/**
 * True if the script of our own status page made this request. The header is one that no form sends, and
 * that a browser lets another origin send only after it has asked by `OPTIONS`, where nobody is let in.
 */
export function isOwnPage(request: Request): boolean {
  const { headers } = request;
  return headers.has(PAGE_HEADER) && headers.has('origin') && !isCrossSite(request);
}

/** All after the first colon: a user name has none. The user is not looked at. */
function passwordOf(credentials: string): string {
  try {
    const pair = atob(credentials);
    const colon = pair.indexOf(':');
    return colon < 0 ? '' : pair.slice(colon + 1);
  } catch {
    return '';
  }
}

/** `null`, which sandboxed pages send as their origin, has no host. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
