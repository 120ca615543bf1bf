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

/** How the name of a counter ends. */
const TOTAL = '_total';

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
  const families = measure(lifecycle, service).filter(({ samples }) => samples.length > 0);
  if (!isOpen) return families.map((family) => textOf(family, family.name)).join('');
  const createdAt = lifecycle.startedAtMs() / 1000;
  return families.map((family) => openTextOf(family, createdAt)).join('');
}

/**
 * In OpenMetrics the family of a counter has its name without `_total`, and each of its samples may say
 * since when it counts. All count from the creation; while the clock has no time, none says so.
 */
function openTextOf(family: Family, createdAt: number): string {
  const { type, name, unit } = family;
  if (type === 'gauge') return textOf(family, name, unit);
  const bare = name.slice(0, -TOTAL.length);
  const created = (labels: string): string => `${bare}_created${labels} ${createdAt}\n`;
  return textOf(family, bare, unit, createdAt === 0 ? undefined : created);
}

/** No help has a character that needs escaping, and the names are ours: labels alone may have any. */
function textOf(
  { name, type, help, samples }: Family,
  called: string,
  unit?: string,
  more: (labels: string) => string = () => '',
): string {
  const head = [
    `# HELP ${called} ${help}\n`,
    `# TYPE ${called} ${type}\n`,
    unit === undefined ? '' : `# UNIT ${called} ${unit}\n`,
  ];
  const lines = samples.map(([labels, value]) => {
    const text = labelText(labels);
    return `${name}${text} ${value}\n${more(text)}`;
  });
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
