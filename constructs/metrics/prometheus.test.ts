import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { asYaml, containerOf, fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { Prometheus, type PrometheusProps } from './prometheus';

const everything: Required<PrometheusProps> = {
  name: 'metrics',
  scrapeInterval: Duration.seconds(5),
  retention: Duration.hours(24),
  volume: { size: Size.gibibytes(2), storageClass: 'fast' },
  resources: { cpu: '100m', cpuLimit: '1', memory: '256Mi', memoryLimit: '512Mi' },
  image: 'example.org/prometheus:v3.14.0',
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ operator: 'Exists' }],
  priorityClass: 'system-cluster-critical',
  labels: { team: 'metrics' },
};

function render(props: PrometheusProps = {}) {
  const app = testApp();
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus', props);
  prometheus.scrape(new RedpandaBroker(app.chart('streaming'), 'redpanda'));
  return { app, prometheus, objects: renderApp(app) };
}

interface Config {
  readonly global: object;
  readonly storage: { readonly tsdb: object };
  readonly scrape_configs: readonly { readonly job_name: string }[];
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
    expect(violationsOf(app)).toEqual([]);
    expect(containerOf(objects, 'StatefulSet', 'metrics').image).toBe(everything.image);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'metrics'))).toMatchSnapshot();
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

  it('forgets before its volume is full', () => {
    expect(configOf(everything, 'metrics').storage.tsdb).toEqual({ retention: { time: '24h', size: '1536MB' } });
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
    const store = Prometheus.fromExternal(Endpoint.external('mimir.example.org', 8080, { scheme: 'http' }));
    expect(store.api.address).toBe('http://mimir.example.org:8080');
  });
});
