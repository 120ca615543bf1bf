/**
 * What is asked before a program's own handler: the type that those who replace `serve` share. It
 * answers nothing.
 *
 * @module
 */

import type { FetchHandler, RequestInfo } from '../runtime/options.ts';

/** A program's own handler, which returns whatever it does. */
export type OwnHandler = (request: Request, info: RequestInfo) => unknown;

/** Makes what answers of a program's own handler. */
export type Before = (handler: OwnHandler) => FetchHandler;
