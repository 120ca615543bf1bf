/**
 * The backends that a program has at hand. The wasm backend always; the atomics backend where the
 * entry point brings it, or `useAtomics` was called: a page does not load both for nothing.
 *
 * @module
 */

import type { Core } from './core.ts';

/** What was added to the wasm backend. */
export const added: { atomics?: (buffer: ArrayBufferLike) => Core } = {};
