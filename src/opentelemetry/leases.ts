/**
 * Leases as traces: a root span for each time that one is held, with its token, and an event that says
 * how that ended. It hears of those that are contended for on this thread.
 *
 * @module
 */

import { ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { onLease } from '../lifecycle/lease-events.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Traces each lease from when it is held. Returns the undo, which ends the spans of those held now. */
export function traceLeases(lifecycle: Lifecycle, tracer: Tracer): () => void {
  const spans = new Map<string, Span>();
  const forget = onLease(lifecycle, ({ name, state, token }) => {
    if (state === 'held') {
      const attributes = { 'tidegate.lease.name': name, 'tidegate.lease.token': token ?? 0 };
      const options = { root: true, attributes };
      spans.set(name, tracer.startSpan('tidegate.lease', options, ROOT_CONTEXT));
      return;
    }
    const span = spans.get(name);
    spans.delete(name);
    if (span === undefined) return;
    span.addEvent(state === 'lost' ? 'lost' : 'given_back');
    if (state === 'lost') {
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'it was not renewed in time' });
    }
    span.end();
  });
  return () => {
    forget();
    for (const span of spans.values()) span.end();
    spans.clear();
  };
}
