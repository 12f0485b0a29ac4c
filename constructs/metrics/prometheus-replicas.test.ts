import { Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { ExternalAlertmanager } from '../alerting/external-alertmanager';
import { ObjectStore } from '../storage/object-store';
import { envOf, fileOf, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { Mimir, type MimirProps } from './mimir';
import { Prometheus, type PrometheusProps } from './prometheus';

interface Config {
  readonly global: { readonly external_labels?: object };
  readonly alerting: object;
  readonly remote_write?: readonly object[];
}

function render(own: Partial<MimirProps> = {}, props: PrometheusProps = { replicas: 2 }, tls = false) {
  const app = testApp({ ...(tls && { tls: { ca: 'ca' } }), origin: { cluster: 'here' } });
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
  const mimir = new Mimir(app.chart('metrics'), 'mimir', { blocks, ...own });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus', { ...props, longTerm: mimir });
  const endpoint = Endpoint.external('alertmanager.example.org', 9093, { scheme: 'http' });
  app.collect({ metrics: prometheus, alerting: new ExternalAlertmanager(app.chart('metrics'), 'sink', { endpoint }) });
  const objects = renderApp(app);
  return {
    app,
    mimir,
    prometheus,
    objects,
    config: parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as Config,
  };
}

describe('Two replicas of Prometheus', () => {
  it('each say which of them they are, and that they read the same', () => {
    const { app, objects, config } = render();
    expect(config.global.external_labels).toEqual({
      cluster: 'here',
      prometheus: 'metrics/prometheus',
      __replica__: '${POD_NAME}',
    });
    expect(objectOf(objects, 'StatefulSet', 'prometheus').spec).toMatchObject({ replicas: 2 });
    expect(Object.keys(envOf(objects, 'StatefulSet', 'prometheus'))).toContain('POD_NAME');
    expect(violationsOf(app)).toEqual([]);
  });

  it('read each other, so that one that is away is missed', () => {
    expect(fileOf(render().objects, 'prometheus-config', 'prometheus.yml')).toContain(
      'prometheus-headless.metrics.svc.cluster.local',
    );
  });

  it('send all that they read, with exemplars, of the tenant that is the platform', () => {
    expect(render({ tenant: 'platform' }).config.remote_write).toEqual([
      {
        url: 'http://mimir.metrics.svc.cluster.local:8080/api/v1/push',
        send_exemplars: true,
        queue_config: { max_samples_per_send: 5000, capacity: 20_000, retry_on_http_429: true },
        headers: { 'X-Scope-OrgID': 'platform' },
      },
    ]);
  });

  it('send it over TLS where the platform encrypts', () => {
    const { app, config } = render({}, { replicas: 2 }, true);
    expect(config.remote_write).toMatchObject([
      {
        url: 'https://mimir.metrics.svc.cluster.local:8080/api/v1/push',
        tls_config: { ca_file: '/etc/plumbline/tls/ca-ca-crt/ca.crt' },
      },
    ]);
    const given = ['ca', 'mimir-tls', 'prometheus-tls'].map((name) => givenSecret('metrics', name));
    const ofStore = ['ca', 'objects-tls'].map((name) => givenSecret('storage', name));
    expect(violationsOf(app, { given: [...given, ...ofStore] })).toEqual([]);
  });

  it('tell of an alert as one would', () => {
    expect(render().config.alerting).toMatchObject({
      alert_relabel_configs: [{ action: 'labeldrop', regex: 'prometheus|__replica__' }],
    });
  });

  it('are asked, and written to, by way of Mimir, which has of everything all', () => {
    const { mimir, prometheus } = render({ tenant: 'platform' });
    expect(prometheus.query).toBe(mimir.query);
    expect(prometheus.remoteWrite).toBe(mimir.remoteWrite);
    expect(prometheus.otlpHttp).toBe(mimir.otlpHttp);
    expect(prometheus.dataSource.uid).toBe('prometheus');
    expect(prometheus.dataSource.api).toBe(mimir.query);
    expect(prometheus.dataSource.settings([])).toMatchObject({ prometheusType: 'Mimir' });
  });

  it('read and evaluate what components carry, Mimir’s, too', () => {
    const { objects } = render();
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain('job_name: mimir');
    expect(fileOf(objects, 'prometheus-rules', 'mimir.yml')).toContain('alert: MimirDown');
  });

  it('name themselves as a Mimir of others wants it', () => {
    const app = testApp();
    const endpoint = Endpoint.external('mimir.example.org', 443, { scheme: 'https' });
    const longTerm = Mimir.fromExternal(app.chart('metrics'), 'mimir', { endpoint });
    new Prometheus(app.chart('metrics'), 'prometheus', { replicas: 2, longTerm });
    expect(parse(fileOf(renderApp(app), 'prometheus-config', 'prometheus.yml'))).toMatchObject({
      global: { external_labels: { cluster: 'metrics/prometheus', __replica__: '${POD_NAME}' } },
      remote_write: [{ url: 'https://mimir.example.org:443/api/v1/push' }],
    });
  });

  it('are refused where nothing tells their samples apart', () => {
    const app = testApp();
    expect(() => new Prometheus(app.chart('metrics'), 'prometheus', { replicas: 2 })).toThrow('longTerm is undefined');
  });
});

describe('One Prometheus', () => {
  it('may have a store for longer, too, and needs no name among others then', () => {
    const { config } = render({}, {});
    expect(config.global.external_labels).toEqual({ cluster: 'here' });
    expect(config.remote_write).toHaveLength(1);
    expect(config.alerting).not.toHaveProperty('alert_relabel_configs');
  });

  it('is as ever if nobody says how many there are', () => {
    const rendered = (props: PrometheusProps) => {
      const app = testApp();
      new Prometheus(app.chart('metrics'), 'prometheus', { volume: { size: Size.gibibytes(4) }, ...props });
      return renderApp(app);
    };
    expect(rendered({ replicas: 1 })).toEqual(rendered({}));
  });
});
