/**
 * A lifecycle's part in an application's telemetry: which meter, which tracer, and the undo. It
 * sets up no SDK and exports nothing; without an SDK the API does nothing, and so does this.
 *
 * @module
 */

import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import { isObject, must } from '../lifecycle/check.ts';
import { isLifecycle } from '../lifecycle/is-lifecycle.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { VERSION } from '../version.ts';
import { traceFleet } from './fleet.ts';
import { traceLeases } from './leases.ts';
import { observe } from './observables.ts';
import { traceLife } from './spans.ts';

/** What {@link instrument} takes. */
export interface InstrumentOptions {
  /** Default: that of `tidegate` from the global meter provider, which must be set by now. */
  readonly meter?: Meter | undefined;
  /** Default: that of `tidegate` from the global tracer provider. */
  readonly tracer?: Tracer | undefined;
}

/** The name of the instrumentation scope. */
const SCOPE = 'tidegate';
const ACTION = 'instrument the lifecycle';

/**
 * Offers the metrics of `/metrics` as observable gauges and counters, under the same names, and traces the boot
 * and the shutdown: one span each, with one for every stage or step below it. Each time that a lease is
 * held on this thread (`tidegate/fleet`) is a span, too, with the fencing token.
 * Each change of a fleet that the lifecycle follows is a span `tidegate.fleet` without a length.
 *
 * A span is made when its times are known: those of the boot at Ready, those of the shutdown at
 * Stopped. What had happened before the call is traced by the call. Installed before
 * `handleSignals`, it hears of Stopped first, so that an SDK whose `shutdown()` is among the
 * `servers` that are closed there exports all of it.
 *
 * @returns the undo; it first traces what has happened and was not traced yet
 * @throws {LifecycleError} `invalid_argument`
 * @example
 * ```ts
 * import { instrument } from 'tidegate/opentelemetry';
 *
 * const undo = instrument(lifecycle); // to the global providers
 * undo();
 * ```
 */
export function instrument(lifecycle: Lifecycle, options: InstrumentOptions = {}): () => void {
  must(isLifecycle(lifecycle), ACTION, 'the first argument must be a Lifecycle', lifecycle);
  must(isObject(options), ACTION, 'the options must be an object', options);
  const { meter = metrics.getMeter(SCOPE, VERSION), tracer = trace.getTracer(SCOPE, VERSION) } =
    options;
  const isMeter =
    typeof meter?.createObservableGauge === 'function' &&
    typeof meter.createObservableCounter === 'function';
  must(isMeter, ACTION, 'meter must be a Meter', meter);
  must(typeof tracer?.startSpan === 'function', ACTION, 'tracer must be a Tracer', tracer);
  const undos = [
    observe(lifecycle, meter),
    traceLife(lifecycle, tracer),
    traceLeases(lifecycle, tracer),
    traceFleet(lifecycle, tracer),
  ];
  return () => {
    for (const undo of undos) undo();
  };
}
