import * as common from '@grafana/grafana-foundation-sdk/common';
import * as heatmapPanel from '@grafana/grafana-foundation-sdk/heatmap';
import * as logsPanel from '@grafana/grafana-foundation-sdk/logs';
import * as nodeGraphPanel from '@grafana/grafana-foundation-sdk/nodegraph';
import * as statPanel from '@grafana/grafana-foundation-sdk/stat';
import * as tablePanel from '@grafana/grafana-foundation-sdk/table';
import * as timeseriesPanel from '@grafana/grafana-foundation-sdk/timeseries';
import {
  byName,
  byThreshold,
  panelOf,
  referenceOf,
  thresholdsOf,
  type Panel,
  type PanelProps,
  type Thresholds,
  type Unit,
} from './panel';
import type { Query } from './queries';

/** Options of {@link timeseries}. */
export interface TimeseriesProps extends PanelProps {
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Drawn as lines. @default - none */
  readonly thresholds?: Thresholds;
  /** Whether series are parts of a whole. @default false */
  readonly stacked?: boolean;
  /** Least value of the axis. @default 0 */
  readonly min?: number;
  /** @default - as high as the data is */
  readonly max?: number;
  /** Says of each series its last and its highest value, which takes room. @default false */
  readonly values?: boolean;
}

/** Lines over time: half as wide as the dashboard, eight units high. */
export function timeseries(props: TimeseriesProps): Panel {
  const { unit, queries, thresholds, stacked = false, min = 0, max, values = false, ...rest } = props;
  return panelOf(rest, { width: 12, height: 8 }, queries, 'series', () => {
    const panel = new timeseriesPanel.PanelBuilder()
      .unit(unit)
      .min(min)
      .colorScheme(byName())
      .lineWidth(1)
      .fillOpacity(stacked ? 30 : 8)
      .showPoints(common.VisibilityMode.Never)
      .legend(legend(values))
      .tooltip(tooltip);
    if (max !== undefined) panel.max(max);
    if (stacked) panel.stacking({ build: () => ({ mode: common.StackingMode.Normal, group: 'A' }) });
    if (thresholds === undefined) return panel;
    return panel
      .thresholds(thresholdsOf(thresholds))
      .thresholdsStyle({ build: () => ({ mode: common.GraphThresholdsStyleMode.Dashed }) });
  });
}

const legend = (values: boolean) => ({
  build: () => ({
    showLegend: true,
    displayMode: values ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List,
    placement: common.LegendPlacement.Bottom,
    calcs: values ? ['lastNotNull', 'max'] : [],
  }),
});

const tooltip = {
  build: () => ({ mode: common.TooltipDisplayMode.Multi, sort: common.SortOrder.Descending }),
};

/** Options of {@link stat}. */
export interface StatProps extends PanelProps {
  readonly unit: Unit;
  /** Its newest value is shown; of several series, each. */
  readonly query: Query;
  /** Colours the value. @default - none */
  readonly thresholds?: Thresholds;
  /** Most digits after the point. @default - as many as the value needs */
  readonly decimals?: number;
  /** What stands there where there is no series. @default 'no data' */
  readonly none?: string;
}

/** A number, and how it came about: a quarter as wide as the dashboard, four units high. */
export function stat({ unit, query, thresholds, decimals, none = 'no data', ...rest }: StatProps): Panel {
  return panelOf(rest, { width: 6, height: 4 }, [query], 'series', () => {
    const panel = new statPanel.PanelBuilder()
      .unit(unit)
      .colorScheme(byThreshold())
      .thresholds(thresholdsOf(thresholds))
      .colorMode(common.BigValueColorMode.Value)
      .graphMode(common.BigValueGraphMode.Area)
      .reduceOptions({ build: () => ({ calcs: ['lastNotNull'], fields: '', values: false }) })
      .noValue(none);
    return decimals === undefined ? panel : panel.decimals(decimals);
  });
}

/** A column of numbers. */
export interface ValueColumn {
  readonly title: string;
  /** Its series have the labels of the table. */
  readonly query: Query;
  readonly unit: Unit;
  /** Colours the text. @default - none */
  readonly thresholds?: Thresholds;
}

/** Options of {@link table}. */
export interface TableProps extends PanelProps {
  /** Titles of columns by label: what tells rows apart. */
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly [ValueColumn, ...ValueColumn[]];
  /** Title of the column by which rows are, the largest first. @default - the first of `values` */
  readonly sortBy?: string;
}

/** Rows of labels with their numbers, as they are at the end of the time: as wide as the dashboard. */
export function table({ labels, values, sortBy = values[0].title, ...rest }: TableProps): Panel {
  const queries = values.map(({ query }) => query);
  return panelOf(rest, { width: 24, height: 8 }, queries, 'rows', () => {
    const panel = new tablePanel.PanelBuilder()
      .colorScheme(byThreshold())
      .thresholds(thresholdsOf())
      .sortBy([{ build: () => ({ displayName: sortBy, desc: true }) }])
      .transformations([
        { id: 'merge', options: {} },
        { id: 'organize', options: organized(labels, values) },
      ]);
    for (const { title, unit, thresholds } of values) {
      panel.overrideByName(title, [
        { id: 'unit', value: unit },
        ...(thresholds === undefined
          ? []
          : [
              { id: 'thresholds', value: thresholdsOf(thresholds).build() },
              { id: 'custom.cellOptions', value: { type: 'color-text' } },
            ]),
      ]);
    }
    return panel;
  });
}

/** A query of Prometheus that is alone has the column `Value`; every other has its own. */
function organized(labels: TableProps['labels'], values: TableProps['values']): object {
  const numbers = values.map(({ title }, index) => [`Value #${referenceOf(index)}`, title] as const);
  const alone = values.length === 1 ? ([['Value', values[0].title]] as const) : [];
  const columns = [...Object.entries(labels), ...numbers, ...alone];
  return {
    excludeByName: { Time: true },
    indexByName: Object.fromEntries(columns.map(([name], index) => [name, index])),
    renameByName: Object.fromEntries(columns),
  };
}

/** Options of {@link heatmap}. */
export interface HeatmapProps extends PanelProps {
  readonly unit: Unit;
  /** Rates of a histogram's buckets, by `le`. */
  readonly query: Query;
}

/** How values are distributed over time, of the buckets of a histogram. */
export function heatmap({ unit, query, ...rest }: HeatmapProps): Panel {
  return panelOf(rest, { width: 12, height: 8 }, [query], 'buckets', () =>
    new heatmapPanel.PanelBuilder()
      .calculate(false)
      .yAxis({ build: () => ({ unit, axisPlacement: common.AxisPlacement.Left, reverse: false }) })
      .showValue(common.VisibilityMode.Never)
      .tooltip({ build: () => ({ mode: common.TooltipDisplayMode.Single, yHistogram: true }) }),
  );
}

/** Options of {@link logs} and {@link traces}. */
export interface ListProps extends PanelProps {
  readonly query: Query;
}

/** Log lines, the newest first; a click shows all of a line's fields, and the link to its trace. */
export function logs({ query, ...rest }: ListProps): Panel {
  return panelOf(rest, { width: 24, height: 14 }, [query], 'series', () =>
    new logsPanel.PanelBuilder()
      .showTime(true)
      .wrapLogMessage(true)
      .enableLogDetails(true)
      .showLabels(false)
      .showCommonLabels(false)
      .prettifyLogMessage(false)
      .sortOrder(common.LogsSortOrder.Descending)
      .dedupStrategy(common.LogsDedupStrategy.None),
  );
}

/** Traces, each with a link to itself. */
export function traces({ query, ...rest }: ListProps): Panel {
  return panelOf(rest, { width: 24, height: 10 }, [query], 'rows', () => new tablePanel.PanelBuilder());
}

/** Services and who calls whom, with rates and durations. */
export function nodeGraph({ query, ...rest }: ListProps): Panel {
  return panelOf(rest, { width: 24, height: 20 }, [query], 'rows', () => new nodeGraphPanel.PanelBuilder());
}
