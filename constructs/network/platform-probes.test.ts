import { Endpoint } from '../core/endpoint';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { testApp } from '../testing';
import { metricsStore, traceStore } from '../stores';
import { Grafana } from '../visualization/grafana';
import { platformProbes } from './platform-probes';

function parts() {
  const app = testApp();
  const query = Endpoint.external('tempo.example.org', 3200, { scheme: 'http' });
  const otlpGrpc = Endpoint.external('tempo.example.org', 4317);
  return {
    metrics: new Prometheus(app.chart('metrics'), 'prometheus'),
    logs: new Loki(app.chart('logs'), 'loki'),
    traces: traceStore(app.chart('tracing'), 'tempo', { external: { query, otlpGrpc } }, () => {
      throw new Error('it is somebody else’s');
    }),
    dashboards: new Grafana(app.chart('visualization'), 'grafana', { sources: [] }),
  };
}

describe('Probes of the platform itself', () => {
  it('ask each store and page where it says that it is ready, also one that is not ours', () => {
    expect(platformProbes(parts()).map(({ target, address }) => `${target.name} ${address}`)).toEqual([
      'metrics-store http://prometheus.metrics.svc.cluster.local:9090/-/ready',
      'trace-store http://tempo.example.org:3200/ready',
      'log-store http://loki.logs.svc.cluster.local:3100/ready',
      'dashboards http://grafana.visualization.svc.cluster.local:80/api/health',
    ]);
  });

  it('leave out what is not there, and a page of which it is not known where its health is', () => {
    const { metrics } = parts();
    expect(platformProbes({ metrics, dashboards: { external: true } })).toHaveLength(1);
  });

  it('are none where nobody would have them asked', () => {
    const { logs } = parts();
    const endpoint = Endpoint.external('metrics.example.org', 9090, { scheme: 'http' });
    const elsewhere = metricsStore(testApp().chart('metrics'), 'mimir', { external: { endpoint } });
    expect(platformProbes({ logs })).toEqual([]);
    expect(platformProbes({ metrics: elsewhere, logs })).toEqual([]);
  });
});
