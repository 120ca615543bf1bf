/**
 * Reads request bodies, up to a limit and not a byte further. What is in them is for the route to
 * check.
 *
 * @module
 */

import { type Answer, refusal } from './respond.ts';

/** The longest body that is accepted, in bytes. */
export const BODY_LIMIT = 4096;

/**
 * Reads the body, or answers 413 as soon as it is known to be too long: by its `content-length`,
 * or else (a chunked body has none, and a header may lie) by the chunk that passes the limit. The
 * rest of the stream is then cancelled unread. A body that breaks off is a 400.
 */
export async function readBody(request: Request): Promise<Uint8Array | Answer> {
  if (Number(request.headers.get('content-length') ?? 0) > BODY_LIMIT) return tooLong();
  const bytes = new Uint8Array(BODY_LIMIT);
  let length = 0;
  try {
    // Throws if somebody reads, or has read, this body; to us it is as good as broken off.
    const reader = request.body?.getReader();
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.byteLength > BODY_LIMIT) {
        // Not waited for: a sender that ignores the cancellation must not hold up the answer.
        reader.cancel().catch(() => {});
        return tooLong();
      }
      bytes.set(value, length);
      length += value.byteLength;
    }
  } catch {
    return refusal(400, 'The body could not be read');
  }
  return bytes.subarray(0, length);
}

/**
 * The one field of `{"enabled": true}` or `{"enabled": false}`; `undefined` for anything else, so
 * that a misspelt or additional field is not passed over in silence.
 */
export function enabledIn(body: Uint8Array): boolean | undefined {
  const [entry, ...others] = Object.entries(objectIn(body) ?? {});
  if (entry === undefined || others.length > 0) return undefined;
  const [name, enabled]: [string, unknown] = entry;
  return name === 'enabled' && typeof enabled === 'boolean' ? enabled : undefined;
}

/**
 * True for the body of a call that has no fields: nothing, or an object, whose fields are not
 * looked at. A body that is broken may have been cut, and is not taken for a call.
 */
export function isPlainCall(body: Uint8Array): boolean {
  return body.length === 0 || objectIn(body) !== undefined;
}

/** The text that the body is; `undefined` if it is no UTF-8. */
export function textIn(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** The JSON object that a text is; `undefined` for anything else. */
export function objectOf(text: string): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function objectIn(body: Uint8Array): object | undefined {
  return objectOf(textIn(body) ?? '');
}

function tooLong(): Answer {
  return refusal(413, `The body is longer than ${BODY_LIMIT} bytes`);
}
