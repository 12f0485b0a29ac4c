import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as loki from '@grafana/grafana-foundation-sdk/loki';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as tempo from '@grafana/grafana-foundation-sdk/tempo';
import type { SignalKind } from '../core/data-source';
import { sourceReference } from './variables';

/** How a panel reads what comes back: lines over time, the rows of a table at the end of the time, or buckets of a histogram over time. */
export type Shape = 'series' | 'rows' | 'buckets';

/** A question to a store. It goes to the store that is chosen on the dashboard. */
export interface Query {
  readonly source: SignalKind;
  /** As Grafana has it. @param refId what tells it from others of its panel */
  target(refId: string, shape: Shape): Dataquery;
}

/**
 * What a counter's rate is taken over: at least four readings, and not less than a pixel of the panel.
 *
 * @see https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
 */
export const rateRange = '$__rate_interval';

/** What is chosen as the time of the dashboard. */
export const wholeRange = '$__range';

/** How what comes back is shown. */
export interface PromqlOptions {
  /** Labels in double braces, or words. @default - all labels */
  readonly legend?: string;
  /** Shows exemplars, which lead to traces. @default false */
  readonly exemplars?: boolean;
}

/** PromQL, asked of Prometheus or what speaks as it does. */
export function promql(expression: string, { legend = '__auto', exemplars = false }: PromqlOptions = {}): Query {
  return {
    source: 'metrics',
    target: (refId, shape) => {
      const query = new prometheus.DataqueryBuilder()
        .datasource(sourceReference('metrics'))
        .refId(refId)
        .expr(expression)
        .editorMode(prometheus.QueryEditorMode.Code);
      if (exemplars) query.exemplar(true);
      if (shape === 'rows') return query.instant().format(prometheus.PromQueryFormat.Table).build();
      if (shape === 'buckets')
        return query.range().format(prometheus.PromQueryFormat.Heatmap).legendFormat('{{le}}').build();
      return query.range().legendFormat(legend).build();
    },
  };
}

/** LogQL, asked of Loki: lines, or numbers of them over time. */
export function logql(expression: string, { legend = '' }: Pick<PromqlOptions, 'legend'> = {}): Query {
  return {
    source: 'logs',
    target: (refId, shape) => {
      const query = new loki.DataqueryBuilder()
        .datasource(sourceReference('logs'))
        .refId(refId)
        .expr(expression)
        .editorMode(loki.QueryEditorMode.Code)
        .queryType(shape === 'rows' ? loki.LokiQueryType.Instant : loki.LokiQueryType.Range);
      return legend === '' ? query.build() : query.legendFormat(legend).build();
    },
  };
}

/** TraceQL, asked of Tempo: the newest traces that it describes. @param limit how many at most */
export function traceql(query: string, limit = 20): Query {
  return {
    source: 'traces',
    target: (refId) =>
      tempoQuery(refId, tempo.TempoQueryType.Traceql)
        .query(query)
        .limit(limit)
        .tableType(tempo.SearchTableType.Traces)
        .build(),
  };
}

/**
 * Who calls whom, as Tempo's metrics generator saw it: Grafana asks the metrics store that Tempo's data source names.
 *
 * @param selector of its series, in braces. @default - every service
 */
export function serviceMap(selector = '{}'): Query {
  return {
    source: 'traces',
    target: (refId) => tempoQuery(refId, tempo.TempoQueryType.ServiceMap).serviceMapQuery(selector).build(),
  };
}

function tempoQuery(refId: string, type: tempo.TempoQueryType): tempo.DataqueryBuilder {
  return new tempo.DataqueryBuilder().datasource(sourceReference('traces')).refId(refId).queryType(type).filters([]);
}
