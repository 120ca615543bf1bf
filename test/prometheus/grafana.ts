/**
 * A dashboard as Grafana's own types have it: `@grafana/schema`, which is generated from its CUE schema.
 * Where they say only that there is an object, as of the options of a panel, the types of the kinds of
 * panel that are used take its place. Types only; a test compiles the dashboard against them.
 *
 * @module
 */

import type { DataQuery, DataSourceRef } from '@grafana/schema';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  FieldConfig as TimelineField,
  Options as TimelineOptions,
} from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type {
  FieldConfig as TableField,
  Options as TableOptions,
} from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type {
  FieldConfig as SeriesField,
  Options as SeriesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type {
  AnnotationQuery,
  Dashboard as AnyDashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  VariableModel,
} from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';

/** What JSON has for it: a member of an enumeration is its text or number. */
type Plain<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

/** Grafana fills in what is left out of the options of a panel. */
type Parts<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Parts<T[K]> }
    : T;

/** What the data source for Prometheus is asked; the package has no type of it. */
interface PrometheusQuery extends Omit<DataQuery, 'datasource'> {
  readonly datasource: DataSourceRef;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly format?: 'time_series' | 'table' | 'heatmap';
}

/** What that data source reads of an annotation, beyond what all have. */
interface PrometheusAnnotation extends AnnotationQuery {
  readonly expr: string;
  readonly titleFormat?: string;
}

interface Fields<Custom> extends Omit<FieldConfigSource, 'defaults'> {
  readonly defaults: Omit<FieldConfig, 'custom'> & { readonly custom?: Parts<Custom> };
}

/** What Grafana would make up, or leave empty. */
type Given<T, K extends keyof T> = Omit<T, K> & Required<Pick<T, K>>;

type PanelOf<Type extends string, Options, Custom = never> = Given<
  Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'>,
  'id' | 'title' | 'description' | 'datasource' | 'gridPos'
> & {
  readonly type: Type;
  readonly options: Parts<Options>;
  readonly fieldConfig: Fields<Custom>;
  readonly targets: readonly PrometheusQuery[];
};

/** A panel of one of the kinds that are used. */
export type AnyPanel = Plain<
  | PanelOf<'bargauge', BarGaugeOptions>
  | PanelOf<'stat', StatOptions>
  | PanelOf<'state-timeline', TimelineOptions, TimelineField>
  | PanelOf<'table', TableOptions, TableField>
  | PanelOf<'timeseries', SeriesOptions, SeriesField>
>;

/** A dashboard of such panels. */
export type Dashboard = Plain<
  Given<Omit<AnyDashboard, 'annotations' | 'panels' | 'templating'>, 'title' | 'uid' | 'time'>
> & {
  readonly annotations: { readonly list: readonly Plain<PrometheusAnnotation>[] };
  readonly templating: { readonly list: readonly Plain<VariableModel>[] };
  readonly panels: readonly AnyPanel[];
};
