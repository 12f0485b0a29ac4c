import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp } from '../core/platform-app';
import { logStore } from '../stores';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { ExternalLogStore } from './external-log-store';
import { Loki } from './loki';

const endpoint = Endpoint.external('loki.example.org', 3100, { scheme: 'http' });

function render() {
  const app = testApp({ defaultNamespace: 'logs' });
  const logs = logStore(app.chart('logs'), 'loki', { external: { endpoint, queryPath: '/gateway' } });
  const traces = TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', {
    otlpGrpc: Endpoint.external('tempo.example.org', 4317),
    query: Endpoint.external('tempo.example.org', 3200, { scheme: 'http' }),
  });
  new Grafana(app.chart('visualization'), 'grafana', { sources: [traces, logs] });
  return { app, logs };
}

interface Source {
  readonly uid: string;
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

describe('Logs of somebody else’s Loki', () => {
  const { app, logs } = render();
  const objects = renderApp(app);
  const text = fileOf(objects, 'grafana-datasources', 'datasources.yaml');
  const { datasources } = parse(text) as { readonly datasources: readonly Source[] };
  const [tempo, loki] = datasources;

  it('are shown by Grafana, which may connect to it', () => {
    expect(violationsOf(app)).toEqual([]);
    expect(loki).toMatchObject({ uid: 'loki', type: 'loki', url: 'http://loki.example.org:3100/gateway' });
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'grafana').spec.egress)).toContain('3100');
  });

  it('lead to traces, by metadata and by text, and traces to them', () => {
    expect(loki?.jsonData.derivedFields).toMatchObject([
      { matcherType: 'label', matcherRegex: 'trace_id', datasourceUid: 'tempo', url: '$${__value.raw}' },
      { matcherType: 'regex', datasourceUid: 'tempo' },
    ]);
    expect(tempo?.jsonData.tracesToLogsV2).toMatchObject({ datasourceUid: 'loki', filterByTraceID: true });
    // A single dollar sign would be taken for a variable of the environment.
    expect(text.match(/(?<!\$)\$(?!\$)/g)).toBeNull();
  });

  it('have an id that is found in lines of common libraries', () => {
    const [, inText] = loki?.jsonData.derivedFields as readonly { readonly matcherRegex: string }[];
    const expression = new RegExp(inText?.matcherRegex ?? '');
    for (const line of ['trace_id=0af765 x', '{"traceid":"0af765"}', '"trace_id": "0af765"', 'traceID: 0af765'])
      expect(expression.exec(line)?.[1]).toBe('0af765');
  });

  it('are pushed by OTLP below a path of its own', () => {
    expect(logs.otlpHttp).toEqual({ endpoint, path: '/otlp' });
    const other = new ExternalLogStore(app.chart('logs'), 'other', { endpoint, otlpPath: '' });
    expect(other.otlpHttp).toEqual({ endpoint, path: '' });
  });

  it('have their dashboard, as applications have theirs of somebody else’s Tempo, and what tells of stores there is not', () => {
    const shownOf = (spanMetrics: boolean, more: (scope: PlatformApp) => void = () => undefined) => {
      const shown = testApp({ defaultNamespace: 'logs' });
      new ExternalLogStore(shown.chart('logs'), 'loki', { endpoint });
      TempoMonolith.fromExternal(shown.chart('tracing'), 'tempo', {
        otlpGrpc: Endpoint.external('tempo.example.org', 4317),
        query: Endpoint.external('tempo.example.org', 3200, { scheme: 'http' }),
        spanMetrics,
      });
      more(shown);
      shown.collect({ dashboards: new Grafana(shown.chart('visualization'), 'grafana') });
      return renderApp(shown).flatMap(({ kind, metadata: { name } }) =>
        kind === 'ConfigMap' && name.startsWith('grafana-dashboard-') ? [name.replace('grafana-dashboard-', '')] : [],
      );
    };
    expect(shownOf(true).sort()).toEqual(['apm-routes-status', 'apm-service-map', 'grafana', 'logs']);
    expect(shownOf(false).sort()).toEqual(['grafana', 'logs']);
    // Of two stores it is one dashboard, with a choice of store.
    const beside = (scope: PlatformApp): void => {
      new Loki(scope.chart('logs'), 'lines');
    };
    expect(shownOf(false, beside).filter((uid) => uid === 'logs')).toHaveLength(1);
  });

  it('have no links to what is not there', () => {
    const alone = testApp({ defaultNamespace: 'logs' });
    const store = new ExternalLogStore(alone.chart('logs'), 'loki', { endpoint });
    new Grafana(alone.chart('visualization'), 'grafana', { sources: [store] });
    expect(fileOf(renderApp(alone), 'grafana-datasources', 'datasources.yaml')).not.toContain('derivedFields');
  });
});
