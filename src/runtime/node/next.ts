/**
 * How a request goes on from a handler to whoever comes after it. Types only; nothing runs.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Goes on to whoever is behind. A server's is one for all of its requests; a framework's is told of errors
 * alone, as it takes what it is given for one.
 */
export type Next = (error: unknown, req: IncomingMessage, res: ServerResponse) => void;
