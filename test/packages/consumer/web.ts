/**
 * Where `Request`, `Response` and `AbortSignal` have types, whoever declares them, ours are those
 * very ones. To be compiled, not run.
 *
 * @module
 */

import type { Lifecycle, PipelineStep } from 'tidegate';
import { createHandler } from 'tidegate/http';
import { serve, toNodeListener } from 'tidegate/node';

/** A handler of the web is one of ours, and the reverse. */
export async function answers(lifecycle: Lifecycle): Promise<Response> {
  const health: (request: Request) => Promise<Response | undefined> = createHandler(lifecycle);
  const own = async (request: Request): Promise<Response> =>
    (await health(request)) ?? Response.json({ url: request.url }, { headers: request.headers });
  toNodeListener(own);
  const { url } = await serve({ lifecycle, fetch: own });
  return own(new Request(url));
}

/** A step's signal goes to whatever takes an `AbortSignal`, and a wait takes what one gives. */
export async function signals(lifecycle: Lifecycle): Promise<PipelineStep> {
  const controller = new AbortController();
  await lifecycle.drain({ signal: controller.signal });
  await lifecycle.waitFor(4, { signal: AbortSignal.timeout(10) });
  const upload = async (signal: AbortSignal): Promise<boolean> =>
    (await fetch('http://localhost', { method: 'PUT', signal })).ok;
  return { name: 'backup', run: ({ signal }) => upload(signal) };
}
