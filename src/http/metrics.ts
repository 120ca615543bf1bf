/**
 * Metrics as text: the classic Prometheus format, and OpenMetrics where it is asked for.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { preferred } from './accept.ts';
import { type Family, measure } from './measures.ts';
import type { ServiceName } from './options.ts';
import type { Answer } from './respond.ts';

const CLASSIC = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** `GET /metrics`. */
export function metrics(lifecycle: Lifecycle, service: ServiceName, accept: string | null): Answer {
  const type = preferred(accept, [CLASSIC, OPENMETRICS]);
  const isOpen = type === OPENMETRICS;
  const body = `${textOfAll(lifecycle, service, isOpen)}${isOpen ? '# EOF\n' : ''}`;
  // No `vary`: nothing of ours may be stored.
  return { status: 200, type, body };
}

/**
 * The metrics in the classic Prometheus format, for an application that serves `/metrics` itself
 * (`metrics: false`): to be put after what its own registry gives. All names begin with `tidegate_`.
 *
 * @param service what `tidegate_build_info` says of the service: `name`, `version`
 * @throws {LifecycleError} `detached`, `invalid_clock`
 * @example
 * ```ts
 * const handler = createHandler(lifecycle, { metrics: false });
 * const own = 'orders_total 3\n'; // with prom-client: await register.metrics()
 * const scraped = new Response(own + metricsText(lifecycle));
 * ```
 */
export function metricsText(lifecycle: Lifecycle, service: ServiceName = {}): string {
  return textOfAll(lifecycle, service, false);
}

function textOfAll(lifecycle: Lifecycle, service: ServiceName, isOpen: boolean): string {
  return measure(lifecycle, service)
    .filter(({ samples }) => samples.length > 0)
    .map((family) => textOf(family, isOpen))
    .join('');
}

/** No help has a character that needs escaping, and the names are ours: labels alone may have any. */
function textOf({ name, help, unit, samples }: Family, isOpen: boolean): string {
  const head = [
    `# HELP ${name} ${help}\n`,
    `# TYPE ${name} gauge\n`,
    isOpen && unit !== undefined ? `# UNIT ${name} ${unit}\n` : '',
  ];
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return [...head, ...lines].join('');
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Names of steps and of the service are an application's own, and may have anything in them. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
