/**
 * The type of the handler that runs before the program's own, as the modules that replace `serve`
 * share it. Types only; nothing runs.
 *
 * @module
 */

import type { FetchHandler, RequestInfo } from '../runtime/options.ts';

/** A program's own handler, which returns whatever it does. */
export type OwnHandler = (request: Request, info: RequestInfo) => unknown;

/** Makes what answers of a program's own handler. */
export type Before = (handler: OwnHandler) => FetchHandler;
