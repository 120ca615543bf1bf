/**
 * The real SDK with exporters that keep what they are given. It asserts nothing.
 *
 * @module
 */

import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** Samples by `name{label="value",…}`, as a scrape has them. */
export type Samples = ReadonlyMap<string, number>;

export class Sdk {
  readonly meters: MeterProvider;
  readonly tracers: BasicTracerProvider;
  readonly #metrics: InMemoryMetricExporter;
  readonly #spans: InMemorySpanExporter = new InMemorySpanExporter();
  readonly #sums: Map<string, number> = new Map();
  readonly #reader: PeriodicExportingMetricReader;

  constructor() {
    // Cumulative is told of a gauge's last value for ever, also if nobody observes it any more.
    this.#metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    this.#reader = new PeriodicExportingMetricReader({
      exporter: this.#metrics,
      // Never by itself within a test.
      exportIntervalMillis: 1_000_000,
    });
    this.meters = new MeterProvider({ readers: [this.#reader] });
    this.tracers = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.#spans)],
    });
  }

  /** What the instruments say now. */
  async collect(): Promise<Samples> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    const samples = new Map<string, number>();
    for (const { descriptor, dataPoints, dataPointType } of resourceMetrics.scopeMetrics.flatMap(
      ({ metrics }) => metrics,
    )) {
      for (const { attributes, value } of dataPoints) {
        const labels = Object.entries(attributes).map(
          ([name, label]) => `${name}=${JSON.stringify(String(label))}`,
        );
        const key = `${descriptor.name}${labels.length > 0 ? `{${labels}}` : ''}`;
        // A counter is told by what it has grown.
        const isSum = dataPointType === DataPointType.SUM;
        const sum = Number(value) + (isSum ? (this.#sums.get(key) ?? 0) : 0);
        if (isSum) this.#sums.set(key, sum);
        samples.set(key, sum);
      }
    }
    return samples;
  }

  /** Name, unit, description and scope of every instrument that has a value. */
  async instruments(): Promise<readonly (readonly string[])[]> {
    const { resourceMetrics } = await this.#reader.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map(({ descriptor: { name, unit, description } }) => [
        scope.name,
        scope.version ?? '',
        name,
        unit,
        description,
      ]),
    );
  }

  /** The spans that have ended, in order, since the last call. */
  spans(): ReadableSpan[] {
    const spans = this.#spans.getFinishedSpans();
    this.#spans.reset();
    return spans;
  }

  async shutdown(): Promise<void> {
    await this.meters.shutdown();
    await this.tracers.shutdown();
  }
}

/** Milliseconds of a time of the SDK. */
export function msOf([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1_000 + nanos / 1e6;
}
