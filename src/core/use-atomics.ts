/**
 * Adds the atomics backend to the available ones. Nothing happens until it is called.
 *
 * @module
 */

import { atomicsCore } from './atomics.ts';
import { added } from './backends.ts';

/**
 * Makes `backend: 'atomics'` available to the entry points of browsers and of the edge. Those of
 * servers have it already; calling it there, or again, changes nothing.
 *
 * @example
 * ```ts
 * import { Lifecycle } from 'tidegate';
 * import { useAtomics } from 'tidegate/atomics';
 *
 * useAtomics();
 * const lifecycle = Lifecycle.create({ backend: 'atomics' });
 * ```
 */
export function useAtomics(): void {
  added.atomics = atomicsCore;
}
