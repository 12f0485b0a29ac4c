import { ApiObject, App, Chart, Size } from 'cdk8s';
import {
  Deployment,
  ObjectStore,
  Platform,
  Probe,
  Prometheus,
  SecretSource,
  TempoMonolith,
  type PodOptions,
} from 'plumbline';

/* Constructs in a chart of a team that has its own: names, images, a storage class, policies, a workload that is connected to them. */

const registry = 'registry.shop.example';

/** What the team's mesh asks of every pod. */
const pod: PodOptions = {
  annotations: { 'mesh.shop.example/inject': 'false' },
  pullSecrets: ['registry'],
  containers: [
    {
      name: 'log-shipper',
      image: `${registry}/log-shipper:4.2.0`,
      resources: { requests: {}, limits: {} },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      },
    },
  ],
};

export function shop(): App {
  const app = new App({ outdir: process.env.CDK8S_OUTDIR ?? 'dist', outputFileExtension: '.k8s.yaml' });
  const chart = new Chart(app, 'observability', { namespace: 'shop', disableResourceNameHashes: true });
  // The team writes policies of its own, from what the wires say.
  Platform.define(chart, { imageRegistry: registry, labels: { team: 'shop' }, policies: 'collected' });

  const volume = { size: Size.gibibytes(5), storageClass: 'shop-fast' };
  const store = new ObjectStore(chart, 'objects', {
    name: 'shop-objects',
    volume,
    credentials: SecretSource.existing(),
  });
  const [day, month] = ['day', 'month'].map(
    (span) =>
      new TempoMonolith(chart, `traces-${span}`, {
        name: `shop-traces-${span}`,
        blocks: store.bucket(`traces-${span}`),
        volume,
        pod,
      }),
  );
  if (day === undefined || month === undefined) throw new Error('there are two');
  day.override('StatefulSet', ({ spec, ...object }) => ({
    ...object,
    spec: { ...(spec as object), revisionHistoryLimit: 3, fieldOfNextYear: { on: true } },
  }));
  const metrics = new Prometheus(chart, 'metrics', { name: 'shop-metrics', volume });
  metrics.scrape(day, month);

  const api = new Deployment(chart, 'api', {
    name: 'api',
    instance: 'shop',
    runAs: { user: 1000 },
    container: {
      image: { repository: `${registry}/api`, tag: '7.1.0', licence: 'Proprietary' },
      resources: { cpu: '100m', memory: '128Mi' },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
  api.listen('http', 8080);
  api.setEnv('OTEL_EXPORTER_OTLP_ENDPOINT', api.connectTo(day.otlpHttp).url);

  for (const workload of [api, ...[store, day, month, metrics].flatMap(({ workloads }) => workloads)]) {
    new ApiObject(chart, `policy-of-${workload.name}`, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `shop-${workload.name}` },
      spec: workload.network.spec,
    });
  }
  return app;
}

if (require.main === module) shop().synth();
