/**
 * The body of a `node:http` request as a web stream: read as fast as it is asked for, and never
 * an exception that nobody can catch when the client goes away.
 *
 * `Readable.toWeb` is not used: on Node 20 it throws out of an event handler when the client
 * resets the connection after the reader has cancelled.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';

/** The body, or `null` if there is none. */
export function bodyOf(
  req: IncomingMessage,
): ReadableStream<Uint8Array> | string | Uint8Array | null {
  if (!hasBody(req)) return null;
  if (req.readableEnded) return parsedBody(req);
  let isPiped = false;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        // Not before somebody reads: a handler that leaves the request leaves it as it came, for
        // the body parser of the next one.
        if (!isPiped) pipe(req, controller);
        isPiped = true;
        req.resume();
      },
      // The rest is read and dropped, so that the connection can be used again.
      cancel: () => void req.resume(),
    },
    // Nothing is read ahead of the reader: what waits, waits in the socket.
    { highWaterMark: 0 },
  );
}

/** Whether the request says that it has a body; those of GET and HEAD are nobody's. */
export function hasBody({ method, headers, httpVersionMajor, complete }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  // In HTTP/2 a body has neither: the end of the stream is in a flag.
  if (length === undefined && coding === undefined) return httpVersionMajor > 1 && !complete;
  return coding !== undefined || length !== '0';
}

/**
 * The whole body, for whoever wants nothing but that: without a stream in between. Rejects when the
 * client goes away before the end.
 */
export function wholeBody(req: IncomingMessage): Promise<Buffer> {
  if (req.readableEnded) {
    const body = parsedBody(req) ?? '';
    return Promise.resolve(Buffer.from(body as Uint8Array));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    // It comes after the end, too, and an error with a stack costs as much as all the rest.
    const gone = (): void => {
      if (!req.readableEnded) reject(clientGone());
    };
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
    );
    req.on('error', reject);
    req.on('close', gone);
    if (req.destroyed) gone();
  });
}

/** What a reader is told when there is nobody any more to read from. */
export function clientGone(): DOMException {
  return new DOMException('The client closed the connection', 'AbortError');
}

/** Reads and drops what is left, for at most `ms`. Never rejects. */
export function dropRest(req: IncomingMessage, ms: number): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const over = (): void => {
      clearTimeout(timer);
      resolve();
    };
    req.once('end', over);
    req.once('close', over);
    req.resume();
  });
}

function pipe(req: IncomingMessage, controller: ReadableStreamDefaultController<Uint8Array>): void {
  let isOpen = true;
  const end = (then: () => void): void => {
    if (!isOpen) return;
    isOpen = false;
    try {
      then();
    } catch {
      // The reader had cancelled: there is nobody left to tell.
    }
  };
  req.on('data', (chunk: Buffer) => {
    if (!isOpen) return;
    try {
      controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if ((controller.desiredSize ?? 0) <= 0) req.pause();
    } catch {
      isOpen = false;
    }
  });
  req.once('end', () => end(() => controller.close()));
  req.once('error', (error) => end(() => controller.error(error)));
  const gone = (): void => end(() => controller.error(clientGone()));
  req.once('close', gone);
  // It may have ended, or gone, before anybody read: there is no event to come then.
  if (req.readableEnded) end(() => controller.close());
  else if (req.destroyed) gone();
}

/** A middleware before us has read the body (`express.json()` and its like) and left it here. */
function parsedBody(req: IncomingMessage): string | Uint8Array | null {
  const { rawBody, body } = req as { rawBody?: unknown; body?: unknown };
  for (const candidate of [rawBody, body]) {
    if (typeof candidate === 'string' || candidate instanceof Uint8Array) return candidate;
  }
  return typeof body === 'object' && body !== null ? JSON.stringify(body) : null;
}
