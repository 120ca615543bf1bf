/**
 * Bodies that claim to be encoded and are not: `fetch()` decodes what it receives and keeps the
 * header, so a handler that passes such a response on sends a false header. It encodes nothing.
 *
 * @module
 */

/** What a body of a coding begins with: RFC 1952 §2.3.1, RFC 8878 §3.1.1. */
const MARKS: Readonly<Record<string, readonly number[]>> = {
  gzip: [0x1f, 0x8b],
  'x-gzip': [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};

/** Whether a list of codings has none but these. */
export function hasOnly(coding: string, known: readonly string[]): boolean {
  return coding.split(',').every((name) => known.includes(name.trim().toLowerCase()));
}

/**
 * Whether a body cannot have the coding that it is said to have. A response that was made again from
 * one of `fetch()` has its headers and its decoded body; not every coding has a mark that shows it.
 *
 * @param isWhole there is no more of it than `first`: what is encoded is never empty
 */
export function isUnencoded(coding: string, first: Uint8Array, isWhole: boolean): boolean {
  const mark = markOf(coding);
  if (mark === undefined) return false;
  if (first.length === 0) return isWhole;
  return mark.some((byte, index) => index < first.length && first[index] !== byte);
}

/**
 * The same response without a coding that its body does not have.
 *
 * @param decoded codings that this runtime's `fetch()` takes off, and its server does not know of
 */
export function truthful(
  response: Response,
  decoded: readonly string[],
): Response | Promise<Response> {
  const coding = response.headers.get('content-encoding');
  if (coding === null || response.body === null) return response;
  // Only what comes from fetch() has an address.
  if (response.url !== '') return hasOnly(coding, decoded) ? bare(response) : response;
  return markOf(coding) === undefined ? response : looked(response, coding);
}

/** The same of one whose body has to be looked at. */
async function looked(response: Response, coding: string): Promise<Response> {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const first = await reader.read();
  const isFalse = isUnencoded(coding, first.value ?? new Uint8Array(), first.done);
  let next: Promise<ReadableStreamReadResult<Uint8Array>> | undefined = Promise.resolve(first);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (next ?? reader.read());
        next = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  const whole = new Response(body, { status, statusText, headers });
  return isFalse ? bare(whole) : whole;
}

/** Without the coding, and the length of what was encoded. */
function bare({ body, status, statusText, headers }: Response): Response {
  const without = new Headers(headers);
  without.delete('content-encoding');
  without.delete('content-length');
  return new Response(body, { status, statusText, headers: without });
}

function markOf(coding: string): readonly number[] | undefined {
  return MARKS[coding.split(',').at(-1)?.trim().toLowerCase() ?? ''];
}
