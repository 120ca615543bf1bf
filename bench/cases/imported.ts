/**
 * The cases in an isolate on the edge: its binaries are modules that the runtime has compiled, since it
 * compiles no bytes, and memory is unshared, since it has one thread.
 *
 * @module
 */

import { useImported } from '../../src/core/imported.ts';
import { useAtomics } from '../../src/core/use-atomics.ts';
import bare from './bare.unshared.wasm';
import { calls as withoutBackends } from './calls.ts';
import type { Case } from './case.ts';
import { imported, primitives as withoutModule } from './primitives.ts';

/** One case for each call of a lifecycle. */
export const calls: readonly Case[] = /* @__PURE__ */ withImported();

/** The primitives as cases. */
export const primitives: readonly Case[] = /* @__PURE__ */ withBare();

// Values and not statements: a bundler drops what nobody uses.
function withImported(): readonly Case[] {
  useImported();
  useAtomics();
  return withoutBackends;
}

function withBare(): readonly Case[] {
  useImported();
  imported.bare = bare;
  return withoutModule;
}
