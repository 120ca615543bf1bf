/**
 * The metrics and traces of a lifecycle, for OpenTelemetry: `tidegate/opentelemetry`.
 *
 * @module
 */

export { type InstrumentOptions, instrument } from './opentelemetry/instrument.ts';
