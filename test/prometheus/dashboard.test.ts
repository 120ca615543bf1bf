/**
 * The dashboard and the alerts of the examples, against the metrics that the code has, and the dashboard
 * against the types that Grafana publishes of it (`grafana.ts`). No Grafana runs here: what those types
 * leave open is asserted in words of our own, after its documentation of the JSON model.
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
import type { RunOutcome } from '../../src/lifecycle/previous-run.ts';
import { typeFaultsOf } from '../deploy/literals.ts';
import type { AnyPanel, Dashboard } from './grafana.ts';
import { MISSING } from './prometheus.ts';

const FOLDER = join(import.meta.dirname, '../../examples/deploy');

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

/** A panel with one thing wrong in it, of the kinds that a slip of the keyboard makes. */
const SLIPS: Readonly<Record<string, (panel: AnyPanel) => object>> = {
  'a key that no panel has': (panel) => ({ ...panel, titel: panel.title }),
  'a kind of panel that there is not': (panel) => ({ ...panel, type: `${panel.type}s` }),
  'an id that is a text': (panel) => ({ ...panel, id: String(panel.id) }),
  'a place without a width': ({ gridPos: { x, y, h }, ...panel }) => ({
    ...panel,
    gridPos: { x, y, h },
  }),
  'an option that its kind does not have': (panel) => ({
    ...panel,
    options: { ...panel.options, showAll: true },
  }),
  'a field that its kind does not have': ({ fieldConfig, ...panel }) => ({
    ...panel,
    fieldConfig: {
      ...fieldConfig,
      defaults: { ...fieldConfig.defaults, custom: { fillOpacitiy: 1 } },
    },
  }),
  'a unit that is a number': ({ fieldConfig, ...panel }) => ({
    ...panel,
    fieldConfig: { ...fieldConfig, defaults: { ...fieldConfig.defaults, unit: 1 } },
  }),
  'a query without its expression': ({ targets, ...panel }) => ({
    ...panel,
    targets: targets.map(({ expr, ...target }) => ({ ...target, query: expr })),
  }),
};

describe('the dashboard', () => {
  it("is of Grafana's own types, which refuse each slip in each panel", () => {
    const module = '../prometheus/grafana.ts';
    const slips = dashboard.panels.flatMap((panel) =>
      Object.entries(SLIPS).map(([name, slip]) => ({
        name: `${panel.title}: ${name}`,
        literal: { module, type: 'AnyPanel', value: slip(panel) },
      })),
    );
    const [faults, ...refused] = typeFaultsOf([
      { module, type: 'Dashboard', value: dashboard },
      ...slips.map(({ literal }) => literal),
    ]);
    expect(faults).toEqual([]);
    const accepted = slips.filter((_, index) => refused[index]?.length === 0);
    expect(accepted.map(({ name }) => name)).toEqual([]);
  });

  it('has what those types leave open: names that are not empty, and ids that are not repeated', () => {
    expect(dashboard.uid).toMatch(/^[\w-]{1,40}$/);
    expect(dashboard.title).not.toBe('');
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { title, description, targets, fieldConfig } of dashboard.panels) {
      expect([title, description].includes('')).toBe(false);
      expect(typeof fieldConfig.defaults.unit, title).toBe('string');
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
  // What is shown nowhere, and why: health is the phase again, and the times are what the boots are; most services
  // have no lease and follow no fleet.
  const unused = families.map(({ name }) => name).filter((name) => !used.has(name));
  expect(unused).toEqual([
    'tidegate_health_status',
    'tidegate_ready_timestamp_seconds',
    'tidegate_lease_state',
    'tidegate_lease_token',
    'tidegate_fleet_phase',
    'tidegate_fleet_reachable',
    'tidegate_fleet_age_seconds',
  ]);
});

it('the alert on the last run knows every way in which one ends badly, and no other', () => {
  const isBad: Readonly<Record<RunOutcome, boolean>> = {
    clean: false,
    failed: true,
    crashed: true,
    exited: true,
    out_of_budget: true,
    killed: true,
    running: false,
  };
  const rules = alerts.groups.flatMap((group) => group.rules);
  const asked = rules.flatMap(({ expr }) => /outcome=~"([^"]*)"/.exec(expr)?.[1]?.split('|') ?? []);
  const bad = Object.entries(isBad).flatMap(([outcome, is]) => (is ? [outcome] : []));
  expect(asked.sort()).toEqual(bad.sort());
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
