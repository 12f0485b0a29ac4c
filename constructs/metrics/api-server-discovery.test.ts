import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import { exceptionsOf, fileOf, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import type { ApiServerDiscoveryProps } from './api-server-discovery';
import { Prometheus } from './prometheus';

interface Job {
  readonly job_name: string;
  readonly metric_relabel_configs: readonly { readonly regex: string }[];
  readonly [field: string]: unknown;
}

function render(apiServer: ApiServerDiscoveryProps) {
  const app = testApp({ cluster: { apiServerRanges: ['10.0.0.0/28'], apiServerPorts: [6443] } });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus', { discovery: { apiServer } });
  const objects = renderApp(app);
  const { scrape_configs } = parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as {
    readonly scrape_configs: readonly Job[];
  };
  const job = scrape_configs.find(({ job_name }) => job_name === 'kube-apiserver');
  if (job === undefined) throw new Error('no job of API servers');
  return { app, prometheus, objects, job };
}

const all: Required<ApiServerDiscoveryProps> = {
  interval: Duration.minutes(1),
  metrics: ['apiserver_storage_size_bytes'],
};

describe('A Prometheus that reads API servers', () => {
  const { app, prometheus, objects, job } = render({});

  it('may read their metrics and find them by name, and nothing else', () => {
    const { rules } = objects.find(({ kind }) => kind === 'ClusterRole') as unknown as { readonly rules: object };
    const find = { resourceNames: ['kubernetes'], verbs: ['list', 'watch'] };
    expect(rules).toEqual([
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
      { ...find, apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
      { ...find, apiGroups: [''], resources: ['pods', 'services'] },
    ]);
    expect(exceptionsOf(objects).map(({ reason }) => reason)).toEqual(['it finds API servers and reads their metrics']);
    expect(podTemplateOf(objects, 'StatefulSet', 'prometheus').spec.automountServiceAccountToken).toBe(true);
    expect(violationsOf(app)).toEqual([]);
  });

  it('is let out to where the environment says that they are', () => {
    expect(objectOf(objects, 'NetworkPolicy', 'prometheus').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.0.0.0/28' } }],
      ports: [{ port: 6443, protocol: 'TCP' }],
    });
  });

  it('asks each by itself, and shows its token to who has the certificate of the cluster’s own name', () => {
    expect(job).toMatchObject({
      scheme: 'https',
      follow_redirects: false,
      tls_config: {
        ca_file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
        server_name: 'kubernetes.default.svc',
      },
      kubernetes_sd_configs: [{ role: 'endpointslice', namespaces: { names: ['default'] } }],
    });
  });

  it('keeps few of the buckets, of verbs that end by themselves', () => {
    const kept = (text: string, of = job) =>
      new RegExp(`^(?:${of.metric_relabel_configs[0]?.regex ?? ''})$`).test(text);
    for (const text of [
      'apiserver_request_total;WATCH;',
      'go_goroutines;;',
      'apiserver_client_certificate_expiration_seconds_bucket;;604800.0',
      'apiserver_request_duration_seconds_bucket;GET;1.0',
      'apiserver_request_duration_seconds_bucket;LIST;+Inf',
    ])
      expect([text, kept(text)]).toEqual([text, true]);
    for (const text of [
      'apiserver_request_duration_seconds_bucket;GET;0.8',
      'apiserver_request_duration_seconds_bucket;WATCH;1',
      'apiserver_request_sli_duration_seconds_bucket;GET;1',
      'apiserver_storage_size_bytes;;',
    ])
      expect([text, kept(text)]).toEqual([text, false]);
    const more = render(all).job;
    expect(kept('apiserver_storage_size_bytes;;', more)).toBe(true);
    expect(more.scrape_interval).toBe('60s');
  });

  it('carries alerts of them and a dashboard, which another has not', () => {
    const names = prometheus.alerts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['KubeApiServerDown', 'KubeClientCertificateExpiring']));
    expect(prometheus.dashboards.map(({ uid }) => uid)).toContain('kube-apiserver');
    const other = new Prometheus(testApp().chart('metrics'), 'prometheus');
    expect(JSON.stringify([other.alerts, other.dashboards])).not.toMatch(/kube-apiserver/);
  });
});
