/**
 * The metrics as OpenTelemetry observables. What they are is `../http/measures.ts`: names, units
 * and what is absent are the same as in a scrape, so a dashboard does not care which way they came.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#asynchronous-counter
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#asynchronous-gauge
 * @module
 */

import type { BatchObservableCallback, Meter } from '@opentelemetry/api';
import { measure } from '../http/measures.ts';
import { LifecycleError } from '../lifecycle/errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

/** Seconds as the Unified Code for Units of Measure has them. */
const UCUM = { seconds: 's' } as const;

/** Registers one gauge or counter for each metric, and one callback for all of them. Returns the removal. */
export function observe(lifecycle: Lifecycle, meter: Meter): () => void {
  const instruments = new Map(
    measure(lifecycle).map(({ name, type, help, unit }) => {
      const options = { description: help, ...(unit !== undefined && { unit: UCUM[unit] }) };
      return [
        name,
        type === 'counter'
          ? meter.createObservableCounter(name, options)
          : meter.createObservableGauge(name, options),
      ];
    }),
  );
  // One snapshot for all, so that what is collected together belongs together.
  const callback: BatchObservableCallback = (result) => {
    for (const { name, samples } of measured(lifecycle)) {
      const instrument = instruments.get(name);
      if (instrument === undefined) continue;
      for (const [labels, value] of samples) result.observe(instrument, value, { ...labels });
    }
  };
  const all = [...instruments.values()];
  meter.addBatchObservableCallback(callback, all);
  return () => meter.removeBatchObservableCallback(callback, all);
}

/** Nothing once this thread was detached: there is nothing that it could say. */
function measured(lifecycle: Lifecycle): ReturnType<typeof measure> {
  try {
    return measure(lifecycle);
  } catch (thrown) {
    if (thrown instanceof LifecycleError) return [];
    throw thrown;
  }
}
