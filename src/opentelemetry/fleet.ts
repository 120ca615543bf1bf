/**
 * A fleet in traces: a span without a length for each change of its phase, and of whether it can be reached, as this
 * process hears of it. How old that is, is a metric.
 *
 * @module
 */

import { ROOT_CONTEXT, type Tracer } from '@opentelemetry/api';
import { hearFleet, standingOf } from '../lifecycle/fleet-calls.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Traces each change from now on. Returns the undo. */
export function traceFleet(lifecycle: Lifecycle, tracer: Tracer): () => void {
  return hearFleet(lifecycle, () => {
    const fleet = standingOf(lifecycle);
    if (fleet === undefined) return;
    const now = Date.now();
    const attributes = {
      'tidegate.fleet.phase': fleet.phase,
      'tidegate.fleet.deployment': fleet.deployment,
      'tidegate.fleet.reachable': fleet.reachable,
    };
    const options = { root: true, startTime: now, attributes };
    tracer.startSpan('tidegate.fleet', options, ROOT_CONTEXT).end(now);
  });
}
