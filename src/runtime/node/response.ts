/**
 * Sends a response through `node:http`: in one call if it is in one piece, otherwise as its body is
 * read.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import { headOf, headOfParts } from './head.ts';
import { isLight } from './light.ts';
import { Sending, sourceOf } from './sending.ts';
import { endWith, fail, ignore, isGone, type Way, writeHead } from './whole.ts';

/**
 * Sends a response. Never throws: a body that fails half-way, or is not of the length that was said,
 * cuts the connection, which is the only way to say so once the head is out. Before that it becomes
 * a 500.
 */
export function send(res: ServerResponse, response: Response, way: Way): void {
  const { isHead, closes, streamed } = way;
  try {
    const parts = isLight(response) ? response._toNodeResponse() : undefined;
    const head = parts === undefined ? headOf(response) : headOfParts(parts);
    const body = parts === undefined ? response.body : parts.body;
    const last = closes || head.closes;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      if (!isGone(res)) endWith(res, head, body, isHead, last);
    } else if (body === null || body === undefined) {
      if (!isGone(res)) endWith(res, head, '', isHead, last);
    } else {
      // After a reset Node reports writes as errors of the response; 'close' says all there is.
      res.on('error', ignore);
      const source = sourceOf(body);
      if (isHead || !head.hasBody) {
        writeHead(res, head, head.hasBody ? head.length : undefined, last);
        res.end();
        // Nobody will read it, but whoever produces it should hear that.
        source.cancel()?.catch(ignore);
      } else new Sending(res, head, source, last, streamed).begin();
    }
  } catch {
    fail(res, closes);
  }
}
