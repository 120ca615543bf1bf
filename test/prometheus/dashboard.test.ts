/**
 * The dashboard and the alerts of the examples, against the metrics that the code has, and the dashboard
 * against what Grafana requires. That is a list of our own, after Grafana's documentation of its JSON model:
 * no Grafana runs here, and its schema is not published as a JSON schema.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { measure } from '../../src/http/measures.ts';
import { Lifecycle } from '../../src/index.ts';
import { MISSING } from './prometheus.ts';

const FOLDER = join(import.meta.dirname, '../../examples/deploy');

interface Source {
  readonly type: string;
  readonly uid: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: Source;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly fieldConfig: {
    readonly defaults: { readonly unit: string };
    readonly overrides: unknown;
  };
  readonly options: object;
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: Source;
    readonly legendFormat: string;
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly time: { readonly from: string; readonly to: string };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string }[];
  };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly panels: readonly Panel[];
}

const dashboard = JSON.parse(
  readFileSync(join(FOLDER, 'grafana/dashboard.json'), 'utf8'),
) as Dashboard;
const alerts = parse(readFileSync(join(FOLDER, 'prometheus/alerts.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
};
const queries = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
/** Panels that Grafana has without a plugin, as far as they are used. */
const KINDS = ['state-timeline', 'stat', 'timeseries', 'bargauge', 'table'];

describe('the dashboard', () => {
  it('has what Grafana requires of a dashboard, and of each panel and query', () => {
    expect(dashboard.uid).toMatch(/^[\w-]{1,40}$/);
    expect(dashboard.title).not.toBe('');
    expect(Number.isInteger(dashboard.schemaVersion)).toBe(true);
    expect(Object.keys(dashboard.time)).toEqual(['from', 'to']);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, description, type, targets, fieldConfig, options } of dashboard.panels) {
      expect(KINDS, title).toContain(type);
      expect([title, description].includes('')).toBe(false);
      expect([typeof fieldConfig.defaults.unit, fieldConfig.overrides, typeof options]).toEqual([
        'string',
        [],
        'object',
      ]);
      const refs = targets.map(({ refId }) => refId);
      expect([refs.length > 0, new Set(refs).size]).toEqual([true, refs.length]);
    }
  });

  it('asks the data source that is chosen, in every panel', () => {
    const chosen = { type: 'prometheus', uid: `\${datasource}` };
    for (const { datasource, targets } of dashboard.panels) {
      expect([datasource, ...targets.map((target) => target.datasource)]).toEqual(
        Array(targets.length + 1).fill(chosen),
      );
    }
  });

  it('has every variable that it uses, and uses every one', () => {
    const known = dashboard.templating.list.map(({ name }) => name);
    const text = JSON.stringify(dashboard);
    const used = [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual([...known].sort());
  });

  it('has panels on its 24 columns that do not overlap', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect([x >= 0, y >= 0, w > 0, h > 0, x + w <= 24], title).toEqual(Array(5).fill(true));
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(taken.has(`${column} ${row}`), title).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });
});

it('dashboard and alerts know no metric and no label that the code does not have', () => {
  const families = measure(Lifecycle.create());
  const known = new Map(families.map(({ name, samples }) => [name, samples]));
  const all = [...queries, ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))];
  const used = new Set<string>();
  for (const query of all) {
    for (const [, name = '', matchers = ''] of query.matchAll(/(tidegate_\w+)(\{[^}]*\})?/g)) {
      expect(known.has(name), `${name} in ${query}`).toBe(true);
      used.add(name);
      const samples = known.get(name) ?? [];
      const labels = samples.flatMap(([each]) => Object.keys(each));
      // Of what has not happened yet there is no sample to compare with.
      if (samples.length === 0) continue;
      for (const [, label = '', value = ''] of matchers.matchAll(/(\w+)(?:=~?|!~)"([^"]*)"/g)) {
        if (label === 'job' || label === 'instance') continue;
        expect(labels, `${label} in ${query}`).toContain(label);
        for (const each of value.split('|')) {
          const values = samples.map(([labelled]) => String(labelled[label]));
          expect(values, `${label} in ${query}`).toContain(each);
        }
      }
    }
  }
  // What is shown nowhere, and why: health is the phase again, and the times are what the boots are.
  const unused = families.map(({ name }) => name).filter((name) => !used.has(name));
  expect(unused).toEqual(['tidegate_health_status', 'tidegate_ready_timestamp_seconds']);
});

it.skipIf(MISSING !== undefined)(
  'every query of the dashboard is PromQL, as promtool reads it',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-dashboard-'));
    try {
      const rules = queries.map((expr, index) => ({
        record: `panel:${index}`,
        expr: expr.replaceAll(/\$__rate_interval|\$__range/g, '5m'),
      }));
      const file = join(folder, 'rules.yml');
      // YAML takes JSON.
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
        encoding: 'utf8',
      });
      expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
