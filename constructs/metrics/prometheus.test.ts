import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import { KubeStateMetrics } from '../infrastructure/kube-state-metrics';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { TempoMonolith } from '../tracing/tempo-monolith';
import {
  asYaml,
  containerOf,
  fileOf,
  givenNamespace,
  givenSecret,
  objectOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Prometheus, type PrometheusProps } from './prometheus';
import type { ScrapeJob } from './prometheus-config';

/** But what `prometheus-replicas.test.ts` asks of several. */
const everything: Omit<OwnProps<PrometheusProps>, 'replicas' | 'longTerm'> = {
  name: 'metrics',
  scrapeInterval: Duration.seconds(5),
  scrapeIntervals: { infrastructure: Duration.seconds(3), network: Duration.minutes(1) },
  retention: Duration.hours(24),
  promotedAttributes: ['service.name', 'team'],
  outOfOrder: Duration.minutes(30),
  discovery: {
    kubelet: { selfSigned: true, interval: Duration.minutes(1), metrics: ['kubelet_pod_start_duration_seconds_count'] },
    annotatedPods: {
      allowedNamespaces: ['shop', 'billing'],
      ports: [8080, 9100],
      samplesPerPod: 2000,
      targets: 200,
      interval: Duration.minutes(1),
    },
  },
  unitPrices: { currency: 'EUR', spanGigabyte: 0.11, lineGigabyte: 0.22, millionSamples: 0.033 },
  exposure: new NodePort(30090),
  url: 'https://metrics.example.org',
  runbookUrl: 'https://example.org/runbooks',
  volume: { size: Size.gibibytes(2), storageClass: 'fast' },
  resources: { cpu: '100m', cpuLimit: '1', memory: '256Mi', memoryLimit: '512Mi' },
  image: 'example.org/prometheus:v3.14.0',
};

function render(props: PrometheusProps = {}) {
  const app = testApp({ cluster: { nodeRanges: ['10.0.0.0/16'] } });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus', props);
  prometheus.scrape(new RedpandaBroker(app.chart('streaming'), 'redpanda'));
  return { app, prometheus, objects: renderApp(app) };
}

interface Config {
  readonly global: object;
  readonly storage: { readonly tsdb: object };
  readonly scrape_configs: readonly ScrapeJob[];
}

function configOf(props: PrometheusProps, name: string): Config {
  return parse(fileOf(render(props).objects, `${name}-config`, 'prometheus.yml')) as Config;
}

describe('Prometheus', () => {
  it('needs no props', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'metrics'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app, { given: ['shop', 'billing'].flatMap(givenNamespace) })).toEqual([]);
    expect(containerOf(objects, 'StatefulSet', 'metrics').image).toBe(everything.image);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'metrics'))).toMatchSnapshot();
  });

  it('has what a unit costs on its dashboard of costs, for people to change', () => {
    const cost = (props: PrometheusProps) =>
      JSON.stringify(render(props).prometheus.dashboards.find(({ uid }) => uid === 'cost')?.model);
    for (const text of ['EUR for a GB of spans', '"0.11"', '"0.22"', '"0.033"'])
      expect(cost(everything)).toContain(text);
    expect(cost({})).toContain('USD for a million samples');
  });

  it('reads every pod behind a component it is given, without rights in the Kubernetes API', () => {
    const { objects } = render();
    expect(configOf({}, 'prometheus').scrape_configs).toEqual([
      { job_name: 'prometheus', static_configs: [{ targets: ['127.0.0.1:9090'] }] },
      {
        job_name: 'redpanda',
        metrics_path: '/public_metrics',
        dns_sd_configs: [
          {
            names: ['redpanda-headless.streaming.svc.cluster.local'],
            type: 'A',
            port: 9644,
            refresh_interval: '15s',
          },
        ],
      },
    ]);
    expect(objects.some(({ kind }) => kind === 'Role' || kind === 'ClusterRole')).toBe(false);
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'redpanda').spec)).toContain('9644');
  });

  it('never asks for more time than there is between two scrapes', () => {
    expect(configOf(everything, 'metrics').global).toEqual({ scrape_interval: '5s', scrape_timeout: '5s' });
    expect(configOf({}, 'prometheus').global).toEqual({ scrape_interval: '30s', scrape_timeout: '10s' });
  });

  it('reads targets of each class as often as is said of it, and one of which something else is said as often as that', () => {
    const { app, prometheus } = render({
      discovery: { kubelet: {}, apiServer: { interval: Duration.minutes(2) }, annotatedPods: {} },
      scrapeIntervals: { infrastructure: Duration.seconds(5), network: Duration.minutes(1) },
    });
    prometheus.scrape(new KubeStateMetrics(app.chart('workloads'), 'kube-state-metrics'), {
      scrapeTargets: ['link', 'far-link'].map((job, index) => ({
        job,
        endpoint: Endpoint.external(`${job}.example.org`, 9115),
        class: 'network' as const,
        ...(index === 1 && { interval: Duration.minutes(5) }),
      })),
    });
    const { scrape_configs: jobs } = parse(fileOf(renderApp(app), 'prometheus-config', 'prometheus.yml')) as Config;
    expect(Object.fromEntries(jobs.map((job) => [job.job_name, [job.scrape_interval, job.scrape_timeout]]))).toEqual({
      prometheus: [undefined, undefined],
      redpanda: [undefined, undefined],
      // Nobody may take longer to answer than until the next time.
      'kube-state-metrics': ['5s', '5s'],
      'kube-state-metrics-telemetry': [undefined, undefined],
      link: ['60s', undefined],
      'far-link': ['300s', undefined],
      kubelet: ['5s', '5s'],
      cadvisor: ['5s', '5s'],
      'kube-apiserver': ['120s', undefined],
      'annotated-pods': [undefined, undefined],
    });
  });

  it('has panels show rates of what is read least often, too', () => {
    const intervalOf = (props: PrometheusProps) => render(props).prometheus.dataSource.settings([]).timeInterval;
    expect(intervalOf({})).toBe('30s');
    expect(intervalOf({ scrapeInterval: Duration.minutes(2) })).toBe('120s');
    expect(intervalOf({ scrapeIntervals: { network: Duration.minutes(1) } })).toBe('60s');
    expect(intervalOf({ scrapeIntervals: { infrastructure: Duration.seconds(15) } })).toBe('30s');
  });

  it('forgets before its volume is full', () => {
    expect(configOf(everything, 'metrics').storage.tsdb).toMatchObject({ retention: { time: '24h', size: '1536MB' } });
  });

  it('takes metrics by OTLP, late ones too, with what they are of as labels', () => {
    const { objects } = render();
    expect(containerOf(objects, 'StatefulSet', 'prometheus').args).toContain('--web.enable-otlp-receiver');
    expect(configOf({}, 'prometheus')).toMatchObject({
      storage: { tsdb: { out_of_order_time_window: '7200s' } },
      otlp: {
        promote_resource_attributes: expect.arrayContaining(['service.name', 'k8s.pod.name']) as object,
        keep_identifying_resource_attributes: true,
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
      },
    });
    expect(configOf(everything, 'metrics')).toMatchObject({
      storage: { tsdb: { out_of_order_time_window: '1800s' } },
      otlp: { promote_resource_attributes: ['service.name', 'team'] },
    });
  });

  it('takes what Tempo writes, with exemplars', () => {
    expect(containerOf(render().objects, 'StatefulSet', 'prometheus').args).toEqual(
      expect.arrayContaining(['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage']),
    );
  });

  it('refuses two jobs of one name', () => {
    const { app, prometheus } = render();
    const twin = new RedpandaBroker(app.chart('anomaly'), 'redpanda');
    expect(() => prometheus.scrape(twin)).toThrow('scrape job redpanda exists twice');
  });

  it('may be somebody else’s', () => {
    const app = testApp();
    const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', {
      blocks: new ObjectStore(app.chart('storage'), 'objects').bucket('blocks'),
      metrics: Prometheus.fromExternal(app.chart('metrics'), 'mimir', {
        endpoint: Endpoint.external('mimir.example.org', 443, {
          scheme: 'https',
          tls: { ca: 'example-ca', serverName: 'mimir', clientCertificate: 'tempo-client' },
        }),
        queryPath: '/prometheus',
        writePath: '/api/v1/push',
      }),
    });
    const objects = renderApp(app);
    const config = parse(fileOf(objects, `${tempo.name}-config`, 'tempo.yaml')) as {
      readonly metrics_generator: { readonly storage: { readonly remote_write: readonly object[] } };
    };
    expect(config.metrics_generator.storage.remote_write).toEqual([
      {
        url: 'https://mimir.example.org:443/api/v1/push',
        send_exemplars: true,
        tls_config: {
          ca_file: '/etc/plumbline/tls/example-ca-ca-crt/ca.crt',
          server_name: 'mimir',
          cert_file: '/etc/plumbline/tls/tempo-client-tls-crt/tls.crt',
          key_file: '/etc/plumbline/tls/tempo-client-tls-crt/tls.key',
        },
      },
    ]);
    const given = ['example-ca', 'tempo-client'].map((name) => givenSecret('tracing', name));
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('reads what is not ours, as often and with the labels and parameters that are asked for', () => {
    const { app, prometheus } = render();
    prometheus.scrape({
      scrapeTargets: [
        {
          job: 'probe',
          endpoint: Endpoint.external('probe.example.org', 9115, { scheme: 'https' }),
          path: '/probe',
          interval: Duration.minutes(1),
          labels: { site: 'berlin' },
          params: { target: ['https://example.org'], module: ['http_2xx'] },
        },
      ],
    });
    const config = parse(fileOf(renderApp(app), 'prometheus-config', 'prometheus.yml')) as Config;
    expect(config.scrape_configs.find(({ job_name }) => job_name === 'probe')).toEqual({
      job_name: 'probe',
      metrics_path: '/probe',
      scheme: 'https',
      scrape_interval: '60s',
      params: { target: ['https://example.org'], module: ['http_2xx'] },
      static_configs: [{ targets: ['probe.example.org:9115'] }],
      relabel_configs: [{ target_label: 'site', replacement: 'berlin' }],
    });
  });
});
