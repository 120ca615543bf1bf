/**
 * Reading a request's body as text: so many bytes and no more, and not from a sender that stopped
 * sending. What is in it is the route's business.
 *
 * @module
 */

import { Refusal } from './refusal.ts';

/**
 * Reads all of it.
 *
 * @throws {Refusal} 413 at the limit, whatever `content-length` says; 408 when nothing came for
 * `stallMs`; 400 for a body that broke off or is not UTF-8
 */
export async function readText(
  request: Request,
  maxBytes: number,
  stallMs: number,
): Promise<string> {
  const tooLong = new Refusal(413, `The body is longer than ${maxBytes} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLong;
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await within(stallMs, reader.read());
      if (done) break;
      length += value.byteLength;
      if (length > maxBytes) throw tooLong;
      chunks.push(value);
    }
  } catch (error) {
    // Not waited for: a sender that ignores the cancellation must not hold up the answer.
    reader?.cancel().catch(() => {});
    throw error instanceof Refusal ? error : new Refusal(400, 'The body could not be read');
  }
  return decoded(chunks);
}

function decoded(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return (
      chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
    );
  } catch {
    throw new Refusal(400, 'The body is not UTF-8');
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    const refusal = new Refusal(408, `Nothing of the body came for ${ms} ms`);
    timer = setTimeout(() => reject(refusal), ms);
  });
  try {
    return await Promise.race([promise, stalled]);
  } finally {
    clearTimeout(timer);
  }
}
