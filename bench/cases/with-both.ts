/**
 * The cases with both backends at hand: what servers load.
 *
 * @module
 */

import { Lifecycle } from '../../src/lifecycle/for-servers.ts';
import { calls as withoutBackends } from './calls.ts';
import type { Case } from './case.ts';

/** One case for each call of a lifecycle. */
export const calls: readonly Case[] = /* @__PURE__ */ withBoth();

// A value, and made from the class, so that a bundler which drops what nobody uses keeps the backends.
function withBoth(): readonly Case[] {
  return typeof Lifecycle === 'function' ? withoutBackends : [];
}
