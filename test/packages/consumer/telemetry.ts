/**
 * `tidegate/opentelemetry` with the types of the API that the user has installed. To be compiled,
 * not run.
 *
 * @module
 */

import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import type { Lifecycle } from 'tidegate';
import { type InstrumentOptions, instrument } from 'tidegate/opentelemetry';

/** With nothing, with one of the two, with both. */
export function telemetry(lifecycle: Lifecycle): (() => void)[] {
  const meter: Meter = metrics.getMeter('mine');
  const tracer: Tracer = trace.getTracer('mine');
  const options: InstrumentOptions[] = [{}, { meter }, { tracer }, { meter, tracer: undefined }];
  return [instrument(lifecycle), ...options.map((each) => instrument(lifecycle, each))];
}
