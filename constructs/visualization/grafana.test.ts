import { Size } from 'cdk8s';
import { parse } from 'yaml';
import type { CredentialsJob } from '../contracts';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import type { PlatformApp } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import type { IMetricsStore } from '../core/stores';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana, type GrafanaProps } from './grafana';

/** Replicas that share a database have tests of their own. */
type Props = Omit<GrafanaProps, 'sources' | 'database' | 'replicas' | 'autoscaler'> & {
  readonly metrics?: IMetricsStore;
};

function everything(app: PlatformApp): OwnProps<Props> {
  return {
    name: 'dashboards',
    metrics: new Prometheus(app.chart('metrics'), 'prometheus'),
    exposure: new NodePort(30300),
    url: 'https://grafana.example.org',
    credentials: SecretSource.existing({ name: 'grafana-login' }),
    volume: { size: Size.gibibytes(2), storageClass: 'fast' },
    resources: { cpu: '100m', cpuLimit: '200m', memory: '256Mi', memoryLimit: '512Mi' },
    image: 'example.org/grafana:13.1.3',
  };
}

function render(propsOf: (app: PlatformApp) => Props = () => ({})) {
  const app = testApp();
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const traceStore = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks });
  const { metrics, ...props } = propsOf(app);
  const sources = metrics === undefined ? [traceStore] : [traceStore, metrics];
  new Grafana(app.chart('visualization'), 'grafana', { ...props, sources });
  return { app, objects: renderApp(app) };
}

interface Sources {
  readonly datasources: readonly { readonly uid: string; readonly url: string; readonly jsonData: object }[];
}

describe('Grafana', () => {
  it('stands alone, and shows any number of sources, each under a uid of its own', () => {
    const app = testApp();
    new Grafana(app.chart('visualization'), 'grafana');
    expect(parse(fileOf(renderApp(app), 'grafana-datasources', 'datasources.yaml'))).toMatchObject({ datasources: [] });
    const store = (id: string) =>
      Prometheus.fromExternal(app.chart('metrics'), id, { endpoint: Endpoint.external('p.example.org', 9090) });
    const twice = () => new Grafana(app.chart('tracing'), 'grafana', { sources: [store('a'), store('b')] });
    expect(twice).toThrow('data source prometheus exists twice');
  });

  it('needs little to show traces', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'visualization'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { objects } = render(everything);
    expect(containerOf(objects, 'Deployment', 'dashboards').image).toBe('example.org/grafana:13.1.3');
    expect(envOf(objects, 'Deployment', 'dashboards').GF_SERVER_ROOT_URL).toBe('https://grafana.example.org');
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'visualization'))).toMatchSnapshot();
  });

  it('asks Tempo under a uid that links and dashboards can name', () => {
    const { datasources } = parse(fileOf(render().objects, 'grafana-datasources', 'datasources.yaml')) as Sources;
    expect(datasources).toMatchObject([
      { uid: 'tempo', type: 'tempo', url: 'http://tempo.tracing.svc.cluster.local:3200', isDefault: true },
    ]);
    expect(datasources[0]?.jsonData).not.toHaveProperty('serviceMap');
  });

  it('links traces and metrics both ways where there is a metrics store', () => {
    const text = fileOf(render(everything).objects, 'dashboards-datasources', 'datasources.yaml');
    const { datasources } = parse(text) as Sources;
    expect(datasources.map(({ uid }) => uid)).toEqual(['tempo', 'prometheus']);
    expect(datasources[0]?.jsonData).toMatchObject({
      serviceMap: { datasourceUid: 'prometheus' },
      tracesToMetrics: { datasourceUid: 'prometheus' },
    });
    expect(datasources[1]?.jsonData).toMatchObject({
      exemplarTraceIdDestinations: [
        { name: 'trace_id', datasourceUid: 'tempo' },
        { name: 'traceID', datasourceUid: 'tempo' },
      ],
    });
    // A single dollar sign would be taken for a variable of the environment.
    expect(text.match(/(?<!\$)\$(?!\$)/g)).toBeNull();
  });

  it('is behind port 80 of its Service, and a port of every node where it is told so', () => {
    expect(objectOf(render().objects, 'Service', 'grafana').spec).toEqual({
      ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
      selector: { 'app.kubernetes.io/name': 'grafana', 'app.kubernetes.io/instance': 'grafana' },
    });
    expect(objectOf(render(everything).objects, 'Service', 'dashboards').spec).toMatchObject({
      type: 'NodePort',
      ports: [{ port: 80, nodePort: 30300 }],
    });
  });

  it('takes its password by reference, and the key that stored secrets need across restarts', () => {
    const { objects } = render();
    expect(containerOf(objects, 'Deployment', 'grafana').env).toEqual(
      expect.arrayContaining(
        (
          [
            ['GF_SECURITY_ADMIN_USER', 'user'],
            ['GF_SECURITY_ADMIN_PASSWORD', 'password'],
            ['GF_SECURITY_SECRET_KEY', 'secretKey'],
          ] as const
        ).map(([name, key]) => ({ name, valueFrom: { secretKeyRef: { name: 'grafana-admin', key } } })),
      ),
    );
    const { secrets } = JSON.parse(fileOf(objects, 'credentials-job', 'job.json')) as CredentialsJob;
    expect(secrets.map(({ name }) => name)).toContain('grafana-admin');
  });

  it('fetches nothing when it starts', () => {
    expect(envOf(render().objects, 'Deployment', 'grafana')).toMatchObject({
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    });
  });
});
