/**
 * The lifecycle of the process, and the handler of its probes.
 *
 * @module
 */

import { Lifecycle } from 'tidegate';
import { createHandler } from 'tidegate/http';

const { env } = process;

export const lifecycle = Lifecycle.create();

lifecycle.pipeline({
  preDrainMs: Number(env.PRE_DRAIN_MS ?? 0),
  preDrainProbes: env.PRE_DRAIN_PROBES ? Number(env.PRE_DRAIN_PROBES) : undefined,
  steps: [],
});

export const health = createHandler(lifecycle, { adminToken: env.ADMIN_TOKEN });
