import { parse } from 'yaml';
import type { Dashboard } from '../core/dashboard';
import { Endpoint } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { ExternalGrafana, type ExternalGrafanaProps } from './external-grafana';

const lag: Dashboard = { uid: 'Broker_lag', title: 'Lag', folder: 'Platform', model: { panels: [], id: 7 } };

function render(props: ExternalGrafanaProps = {}) {
  const app = testApp();
  const logs = new Loki(app.chart('logs'), 'loki');
  const metrics = Prometheus.fromExternal(app.chart('metrics'), 'prometheus', {
    endpoint: Endpoint.external('prometheus.example.org', 9090, { scheme: 'http' }),
  });
  const grafana = new ExternalGrafana(app.chart('visualization'), 'grafana', { sources: [logs, metrics], ...props });
  grafana.show({ dashboards: [lag] });
  return { app, grafana, objects: renderApp(app) };
}

interface Provisioned {
  readonly prune: boolean;
  readonly datasources: readonly { readonly uid: string; readonly isDefault: boolean; readonly url: string }[];
}

describe('A Grafana that is not ours', () => {
  it('finds each dashboard by the label and in the folder that the charts of Grafana know', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(objectOf(objects, 'ConfigMap', 'dashboard-broker-lag').metadata).toMatchObject({
      namespace: 'visualization',
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'Platform' },
    });
    expect(JSON.parse(fileOf(objects, 'dashboard-broker-lag', 'Broker_lag.json'))).toEqual({
      id: null,
      uid: 'Broker_lag',
      title: 'Lag',
      panels: [],
    });
  });

  it('is told of stores that are ours and of no others, and keeps what it has', () => {
    const { objects } = render();
    const provisioned = parse(fileOf(objects, 'grafana-sources', 'plumbline.yaml')) as Provisioned;
    expect(provisioned.prune).toBe(false);
    expect(provisioned.datasources).toMatchObject([
      { uid: 'loki', isDefault: false, url: 'http://loki.logs.svc.cluster.local:3100' },
    ]);
  });

  it('may have a sidecar that looks for other labels, and in its own namespace', () => {
    const { objects } = render({
      dashboardLabels: { dashboards: 'yes' },
      folderAnnotation: 'folder',
      sourceLabels: { sources: 'yes' },
      sourceNamespace: 'monitoring',
    });
    expect(objectOf(objects, 'ConfigMap', 'dashboard-broker-lag').metadata).toMatchObject({
      labels: { dashboards: 'yes' },
      annotations: { folder: 'Platform' },
    });
    const { namespace, labels } = objectOf(objects, 'ConfigMap', 'grafana-sources').metadata;
    expect([namespace, labels?.sources]).toEqual(['monitoring', 'yes']);
  });

  it('is let in to stores of ours', () => {
    const from = NetworkPeer.pods('monitoring', { 'app.kubernetes.io/name': 'grafana' });
    const ingress = (props: ExternalGrafanaProps) =>
      JSON.stringify(objectOf(render(props).objects, 'NetworkPolicy', 'loki').spec);
    expect(ingress({ from: [from] })).toContain('"kubernetes.io/metadata.name":"monitoring"');
    expect(ingress({})).not.toContain('monitoring');
  });

  it('makes nothing where there is nothing to show', () => {
    const app = testApp();
    new ExternalGrafana(app.chart('visualization'), 'grafana');
    expect(renderApp(app).filter(({ kind }) => kind === 'ConfigMap')).toEqual([]);
  });

  it('tells dashboards apart as a Grafana of ours does', () => {
    const { grafana } = render();
    expect(() => grafana.show({ dashboards: [lag] })).toThrow('dashboard Broker_lag exists twice');
    expect(() => grafana.show({ dashboards: [{ ...lag, uid: 'b' }] })).toThrow('dashboard Lag exists twice in folder');
  });
});
