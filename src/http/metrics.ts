/**
 * Metrics as text: the classic Prometheus format, and OpenMetrics for whoever asks for it.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 * @module
 */

import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { preferred } from './accept.ts';
import { type Family, measure } from './measures.ts';
import type { Answer } from './respond.ts';

const CLASSIC = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** `GET /metrics`. */
export function metrics(lifecycle: Lifecycle, accept: string | null): Answer {
  const type = preferred(accept, [CLASSIC, OPENMETRICS]);
  const isOpen = type === OPENMETRICS;
  const families = measure(lifecycle)
    .filter(({ samples }) => samples.length > 0)
    .map((family) => textOf(family, isOpen));
  const body = `${families.join('')}${isOpen ? '# EOF\n' : ''}`;
  // No `vary`: nothing of ours may be stored.
  return { status: 200, type, body };
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

/** Step names are an application's own, and may have anything in them. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
