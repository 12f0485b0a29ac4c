import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { fileOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from './grafana';

type Store = 'traces' | 'metrics' | 'logs';
type Settings = Readonly<Record<string, unknown>>;

/** Settings of each data source by its uid, in a Grafana that is given these stores. */
function settingsOf(...stores: readonly Store[]): Readonly<Record<string, Settings>> {
  const app = testApp();
  const at = (name: string) => Endpoint.external(`${name}.example.org`, 80, { scheme: 'http' });
  const make = {
    traces: () =>
      TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: at('otlp'), query: at('tempo') }),
    metrics: () => Prometheus.fromExternal(app.chart('metrics'), 'prometheus', { endpoint: at('prometheus') }),
    logs: () => Loki.fromExternal(app.chart('logs'), 'loki', { endpoint: at('loki') }),
  };
  new Grafana(app.chart('visualization'), 'grafana', { sources: stores.map((store) => make[store]()) });
  const { datasources } = parse(fileOf(renderApp(app), 'grafana-datasources', 'datasources.yaml')) as {
    readonly datasources: readonly { readonly uid: string; readonly jsonData: Settings }[];
  };
  return Object.fromEntries(datasources.map(({ uid, jsonData }) => [uid, jsonData]));
}

/** Uids of data sources that settings lead to. */
function linkedFrom(settings: Settings | undefined): readonly string[] {
  return [
    ...new Set(Array.from(JSON.stringify(settings).matchAll(/"datasourceUid":"([^"]+)"/g), ([, uid = '']) => uid)),
  ].sort();
}

describe('Links between stores that are not ours, too', () => {
  it('lead from traces to logs and metrics, and from both back to traces', () => {
    const all = settingsOf('traces', 'metrics', 'logs');
    expect(linkedFrom(all.tempo)).toEqual(['loki', 'prometheus']);
    expect(linkedFrom(all.prometheus)).toEqual(['tempo']);
    expect(linkedFrom(all.loki)).toEqual(['tempo']);
  });

  it('find the lines of a trace by its id, in the streams of the service', () => {
    expect(settingsOf('traces', 'logs').tempo).toMatchObject({
      tracesToLogsV2: {
        datasourceUid: 'loki',
        filterByTraceID: true,
        tags: expect.arrayContaining([{ key: 'service.name', value: 'service_name' }]) as object,
      },
    });
  });

  it('ask for rate, failures and duration of what the span is of, by its service and its name', () => {
    const { tracesToMetrics, serviceMap, nodeGraph } = settingsOf('traces', 'metrics').tempo as {
      readonly tracesToMetrics: { readonly tags: readonly object[]; readonly queries: readonly { query: string }[] };
      readonly serviceMap: object;
      readonly nodeGraph: object;
    };
    expect(tracesToMetrics.tags).toEqual([{ key: 'service.name', value: 'service' }]);
    expect(tracesToMetrics.queries).toHaveLength(3);
    for (const { query } of tracesToMetrics.queries) expect(query).toContain('{$$__tags, span_name="$${__span.name}"');
    expect(serviceMap).toEqual({ datasourceUid: 'prometheus' });
    expect(nodeGraph).toEqual({ enabled: true });
  });

  it('know the trace id of a line as metadata, and of an exemplar by the names that are in use', () => {
    const { loki, prometheus } = settingsOf('traces', 'metrics', 'logs');
    expect(loki).toMatchObject({ derivedFields: [{ matcherType: 'label', matcherRegex: 'trace_id' }, {}] });
    expect(prometheus).toMatchObject({ exemplarTraceIdDestinations: [{ name: 'trace_id' }, { name: 'traceID' }] });
  });

  const others: readonly (readonly [...Store[]])[] = [
    ['traces'],
    ['metrics'],
    ['logs'],
    ['traces', 'metrics'],
    ['traces', 'logs'],
    ['metrics', 'logs'],
  ];

  it.each(others.map((stores) => [stores.join(' and ')] as const))('lead to nothing that is not there: %s', (names) => {
    const settings = settingsOf(...(names.split(' and ') as Store[]));
    const there = Object.keys(settings);
    expect(
      Object.values(settings)
        .flatMap(linkedFrom)
        .filter((uid) => !there.includes(uid)),
    ).toEqual([]);
  });
});
