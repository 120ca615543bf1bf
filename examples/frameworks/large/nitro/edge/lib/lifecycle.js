/**
 * The lifecycle of an isolate where Nitro builds for the edge: on Cloudflare, Vercel and others.
 *
 * `tidegate/browser` imports no binary, which these builds refuse, and the atomics need none. Nothing is
 * made at module scope, where an isolate has no clock: the first event makes it.
 *
 * @module
 */

import { useAtomics } from 'tidegate/atomics';
import { Lifecycle } from 'tidegate/browser';
import { createHandler } from 'tidegate/http';

useAtomics();

let isolate;

/** That of this isolate, and the handler of its probes. */
export function lifecycleOf() {
  if (isolate === undefined) {
    const lifecycle = Lifecycle.create({ backend: 'atomics', shared: false });
    lifecycle.markReady();
    isolate = { lifecycle, health: createHandler(lifecycle) };
  }
  return isolate;
}
