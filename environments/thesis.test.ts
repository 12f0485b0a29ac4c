import { parse } from 'yaml';
import { Endpoint, images, NetworkPeer } from '../constructs';
import type { TopicsJob } from '../constructs/contracts';
import { checkAll, describeViolation, readDefinitions, sumResources, type KubeObject } from '../constructs/invariants';
import { containerOf, fileOf, objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { thesis } from './thesis';

function render(namespace?: string): readonly KubeObject[] {
  if (namespace === undefined) return renderApp(platform(thesis));
  const namespaces = Object.fromEntries(Object.keys(thesis.namespaces ?? {}).map((concern) => [concern, namespace]));
  return renderApp(platform({ ...thesis, namespaces }));
}

describe('The thesis environment', () => {
  const objects = render();

  it('fits a node of 4 CPU and 8 GiB beside what a node runs itself', () => {
    const { cpu, memory, storage } = sumResources(objects);
    expect(cpu).toBeLessThanOrEqual(3.2);
    expect(memory).toBeLessThanOrEqual(6.5 * 2 ** 30);
    expect(storage).toBeLessThanOrEqual(20 * 2 ** 30);
  });

  it('has the versions, of which it is said that some have ended', () => {
    const imageOf = (kind: string, name: string) => containerOf(objects, kind, name).image.split('/').at(-1);
    expect(imageOf('StatefulSet', 'redpanda')).toBe('redpanda:v25.1.12');
    expect(imageOf('StatefulSet', 'tempo')).toBe('tempo:2.8.4');
    expect(imageOf('Deployment', 'grafana')).toBe('grafana:12.0.2');
    expect(imageOf('Deployment', 'otel-ingestor')).toBe('opentelemetry-collector-contrib:0.159.0');
    expect(imageOf('StatefulSet', 'prometheus')).toBe('prometheus:v3.13.2');
    expect(imageOf('StatefulSet', 'objects')).toBe('versitygw:v1.8.0');
    expect(images.redpanda.endOfLife).toBeDefined();
    expect(images.grafana.endOfLife).toBeDefined();
  });

  it('has the sizes of broker, trace store and dashboards', () => {
    const resourcesOf = (kind: string, name: string) => containerOf(objects, kind, name).resources;
    expect(resourcesOf('StatefulSet', 'redpanda')).toEqual({
      requests: { cpu: '1', memory: '2Gi' },
      limits: { cpu: '1', memory: '2Gi' },
    });
    expect(resourcesOf('StatefulSet', 'tempo')).toEqual({
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { cpu: '500m', memory: '1Gi' },
    });
    expect(resourcesOf('Deployment', 'grafana')).toEqual({
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { cpu: '200m', memory: '512Mi' },
    });
  });

  it('has the volumes, of the default storage class', () => {
    const sizeOf = (name: string) =>
      objectOf(objects, 'StatefulSet', name).spec.volumeClaimTemplates.map(({ spec }) => [
        spec.resources.requests.storage,
        spec.storageClassName,
      ]);
    expect(sizeOf('redpanda')).toEqual([['10Gi', undefined]]);
    // Blocks of Tempo are in a bucket of the object store.
    expect(sizeOf('objects')).toEqual([['5Gi', undefined]]);
    expect(objectOf(objects, 'PersistentVolumeClaim', 'grafana-data').spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    });
  });

  it('forgets after a day', () => {
    const { topics } = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    for (const topic of topics) {
      expect(topic).toMatchObject({ partitions: 3, replicationFactor: 1, retentionMs: 86_400_000 });
    }
    expect(parse(fileOf(objects, 'tempo-config', 'tempo.yaml'))).toMatchObject({
      compactor: { compaction: { block_retention: '24h' } },
    });
  });

  it('has components in namespaces of their own, and Grafana on port 30300 of the node', () => {
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    expect(namespaces).toEqual(['grafana', 'plumbline', 'redpanda', 'tempo']);
    expect(objectOf(objects, 'Service', 'grafana')).toMatchObject({
      metadata: { namespace: 'grafana' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30300 }] },
    });
    expect(objectOf(objects, 'Service', 'redpanda').metadata.namespace).toBe('redpanda');
    expect(objectOf(objects, 'Service', 'tempo').metadata.namespace).toBe('tempo');
  });

  it('takes metrics beside traces by OTLP, and keeps them in its Prometheus', () => {
    const config = (name: string) =>
      parse(fileOf(objects, `${name}-config`, 'config.yaml')) as {
        readonly exporters: Readonly<Record<string, object>>;
        readonly service: { readonly pipelines: Readonly<Record<string, object>> };
      };
    expect(Object.keys(config('otel-ingestor').service.pipelines)).toEqual(['traces', 'metrics']);
    expect(config('otel-aggregator').exporters['otlp_http/prometheus']).toMatchObject({
      endpoint: 'http://prometheus.plumbline.svc.cluster.local:9090/api/v1/otlp',
    });
    expect(containerOf(objects, 'StatefulSet', 'prometheus').args).toContain('--web.enable-otlp-receiver');
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'prometheus').spec.ingress)).toContain('otel-aggregator');
  });

  it('may be rendered into one namespace', () => {
    expect(checkAll(render('observability')).map(describeViolation)).toEqual([]);
  });

  it('may show somebody else’s logs, and be read by somebody else’s Prometheus', () => {
    const endpoint = (host: string) => Endpoint.external(host, 80, { scheme: 'http' });
    const from = [NetworkPeer.pods('monitoring', { 'app.kubernetes.io/name': 'prometheus' })];
    const others = renderApp(
      platform({
        ...thesis,
        defaultNamespace: 'plumbline',
        logs: { external: { endpoint: endpoint('loki.example.org') } },
        prometheus: { external: { endpoint: endpoint('prometheus.example.org'), operator: { from } } },
      }),
    );
    expect(checkAll(others, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
    expect(fileOf(others, 'grafana-datasources', 'datasources.yaml')).toContain('loki.example.org');
    expect(fileOf(others, 'otel-aggregator-config', 'config.yaml')).toContain('http://loki.example.org:80/otlp');
    expect(objectOf(others, 'PrometheusRule', 'pipeline').metadata.namespace).toBe('plumbline');
    expect(objectOf(others, 'PodMonitor', 'preprocessing').metadata.namespace).toBe('plumbline');
  });

  it('is rendered the same every time', () => {
    expect(JSON.stringify(render())).toBe(JSON.stringify(objects));
  });

  it('needs no kind that a definition would have to be installed for', () => {
    for (const { apiVersion } of objects) expect(apiVersion).toMatch(/^(v1|[a-z]+\/v\d|[a-z.]+\.k8s\.io\/v\d)$/);
  });
});
