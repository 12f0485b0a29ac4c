import { parse } from 'yaml';
import { OtelTier } from '../collection/otel-tier';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { tenantHeader } from '../core/tenancy';
import { LogAgent } from '../logs/log-agent';
import { Loki } from '../logs/loki';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { Mimir } from './mimir';
import { Prometheus } from './prometheus';

/** Everybody who speaks to a metrics store and a log store that are the same tenant's, or know none. */
function render(tenant?: string) {
  const app = testApp();
  const of = defined({ tenant });
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const mimir = new Mimir(app.chart('metrics'), 'mimir', { blocks: storage.bucket('mimir-blocks'), ...of });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', { longTerm: mimir });
  const endpoint = Endpoint.external('loki.example.org', 3100, { scheme: 'http' });
  const logs = Loki.fromExternal(app.chart('logs'), 'loki', { endpoint, ...of });
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces'), metrics });
  new OtelTier(app.chart('collection'), 'otel', { traces: [tempo], metrics: [metrics], logs: [logs] });
  new LogAgent(app.chart('nodes'), 'log-agent', { logs });
  new Grafana(app.chart('visualization'), 'grafana', { sources: [tempo, metrics, logs] });
  return renderApp(app);
}

type Rendered = ReturnType<typeof render>;

interface Collector {
  readonly exporters: Readonly<Record<string, { readonly headers?: object }>>;
}
interface TempoFile {
  readonly metrics_generator: { readonly storage: { readonly remote_write: readonly { readonly headers?: object }[] } };
}
interface PrometheusFile {
  readonly remote_write: readonly { readonly headers?: object }[];
}
interface Source {
  readonly uid: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData?: Readonly<Record<string, unknown>>;
}

/** Headers that each client sends, by who it is and what of. */
function headersOf(objects: Rendered): Readonly<Record<string, object | undefined>> {
  const { exporters } = parse(fileOf(objects, 'otel-aggregator-config', 'config.yaml')) as Collector;
  const tempo = parse(fileOf(objects, 'tempo-config', 'tempo.yaml')) as TempoFile;
  const prometheus = parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as PrometheusFile;
  const { datasources } = parse(fileOf(objects, 'grafana-datasources', 'datasources.yaml')) as {
    readonly datasources: readonly Source[];
  };
  const shown = datasources.map(({ uid, jsonData, secureJsonData = {} }) => {
    const name = jsonData.httpHeaderName1;
    return [
      `grafana ${uid}`,
      typeof name === 'string' ? { [name]: secureJsonData.httpHeaderValue1 } : undefined,
    ] as const;
  });
  return {
    'collector metrics': exporters['otlp_http/prometheus']?.headers,
    'collector logs': exporters['otlp_http/loki']?.headers,
    'collector traces': exporters['otlp_grpc/tempo']?.headers,
    tempo: tempo.metrics_generator.storage.remote_write[0]?.headers,
    prometheus: prometheus.remote_write[0]?.headers,
    ...Object.fromEntries(shown),
  };
}

describe('Whoever speaks to a store that keeps tenants apart', () => {
  const header = { [tenantHeader]: 'platform' };

  it('says of which it is, and to one that does not know any, nothing', () => {
    expect(headersOf(render('platform'))).toEqual({
      'collector metrics': header,
      'collector logs': header,
      'collector traces': undefined,
      tempo: header,
      prometheus: header,
      'grafana tempo': undefined,
      'grafana prometheus': header,
      'grafana loki': header,
    });
    expect(new Set(Object.values(headersOf(render())))).toEqual(new Set([undefined]));
  });

  it('reads files of nodes for it, unless it is told of another', () => {
    const config = (objects: Rendered) => fileOf(objects, 'log-agent-config', 'config.alloy');
    expect(config(render('platform'))).toContain('tenant_id = "platform"');
    expect(config(render())).not.toContain('tenant_id');
  });

  it('is refused a name that stores would not take', () => {
    const app = testApp();
    const endpoint = Endpoint.external('store.example.org', 80, { scheme: 'http' });
    const stores = { endpoint, tenant: 'a/b' };
    expect(() => Mimir.fromExternal(app.chart('metrics'), 'mimir', stores)).toThrow('tenant is "a/b"');
    expect(() => Loki.fromExternal(app.chart('logs'), 'loki', stores)).toThrow('tenant is "a/b"');
  });
});
