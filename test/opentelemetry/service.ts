/**
 * A service with the real SDK, as an application sets it up: spans go out in batches, metrics now
 * and then, so what happens last is lost unless somebody waits. It tells its parent what was
 * exported, a line each. The same source on Node, Deno and Bun.
 *
 * @module
 */

import process from 'node:process';
import { metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { createHandler } from '../../src/http/index.ts';
import { Lifecycle } from '../../src/index.ts';
import { instrument } from '../../src/opentelemetry.ts';
import { door, runtime, say } from '../runtime/door.ts';

class SpansToParent extends InMemorySpanExporter {
  override export(...[spans, done]: Parameters<InMemorySpanExporter['export']>): void {
    for (const { name } of spans as ReadableSpan[]) say('span', { name });
    done({ code: 0 });
  }
}

class MetricsToParent extends InMemoryMetricExporter {
  override export(...[batch, done]: Parameters<InMemoryMetricExporter['export']>): void {
    const all = batch.scopeMetrics.flatMap((scope) => scope.metrics);
    const phases = all.find(({ descriptor }) => descriptor.name === 'tidegate_phase');
    for (const { attributes, value } of phases?.dataPoints ?? []) {
      if (value === 1) say('phase', { phase: attributes.phase });
    }
    done({ code: 0 });
  }
}

const tracers = new BasicTracerProvider({
  spanProcessors: [
    new BatchSpanProcessor(new SpansToParent(), { scheduledDelayMillis: 3_600_000 }),
  ],
});
const meters = new MeterProvider({
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new MetricsToParent(AggregationTemporality.CUMULATIVE),
      exportIntervalMillis: 3_600_000,
    }),
  ],
});
trace.setGlobalTracerProvider(tracers);
metrics.setGlobalMeterProvider(meters);

const lifecycle = Lifecycle.create();
lifecycle.pipeline({ steps: [{ name: 'flush_wal', run: () => {} }] });
instrument(lifecycle);
const server = await door.serve({
  lifecycle,
  hostname: '127.0.0.1',
  fetch: createHandler(lifecycle),
});
door.handleSignals(lifecycle, {
  servers: [server, { close: () => tracers.shutdown() }, { close: () => meters.shutdown() }],
});
await lifecycle.stage('restore').run(() => {});
lifecycle.markReady();
say('listening', { runtime, pid: process.pid, port: server.port });
