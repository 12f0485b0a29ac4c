import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startWebhook, type Webhook } from '../../../constructs/alerting/webhook.testing';
import type { KubeObject } from '../../../constructs/invariants';
import { Cluster } from '../../../constructs/invariants/cluster';
import { objectOf, renderApp } from '../../../constructs/testing';
import { CertificateAuthority } from '../../peers';
import { waitForJob } from '../node/credentials';
import { enforcePolicies } from '../node/enforcer';
import { forward } from '../node/forward';
import { importLocalImages } from '../node/local-images';
import type { Machine } from '../node/machine';
import { addresses } from '../node/network';
import { apply } from '../node/objects';
import { provideVolumes } from '../node/volumes';
import type { Report } from '../report';
import { issuedSecrets } from './certificates';
import { Clients, type ClientPod } from './clients';
import { productionOnNode } from './environment';

/** Charts that are applied, in this order; of brokers and of who shows dashboards only what others are connected to. */
const charts = [
  'credentials',
  'storage',
  'streaming',
  'alerting',
  'metrics',
  'logs',
  'tracing',
  'collection',
  'visualization',
];
/** Workloads whose programs cannot be had here. */
const leftOut = ['redpanda', 'redpanda-topics', 'vector', 'grafana'];
/** Of cert-manager, which is not here: what it would make is made by us. */
const ofCertManager = ['Certificate', 'Issuer', 'ClusterIssuer'];

/** A workload of three or two, and what is read of it. */
export interface Member {
  readonly kind: 'StatefulSet' | 'Deployment';
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
}

/** What there is several of, each of which may be killed; in the order in which they wait for each other. */
export const members: readonly Member[] = [
  { kind: 'StatefulSet', namespace: 'alerting', name: 'alertmanager', replicas: 3 },
  { kind: 'StatefulSet', namespace: 'monitoring', name: 'mimir', replicas: 3 },
  { kind: 'StatefulSet', namespace: 'monitoring', name: 'prometheus', replicas: 2 },
  { kind: 'StatefulSet', namespace: 'logging', name: 'loki', replicas: 3 },
  { kind: 'StatefulSet', namespace: 'tracing', name: 'tempo', replicas: 3 },
  { kind: 'StatefulSet', namespace: 'tracing', name: 'otel-aggregator', replicas: 3 },
  { kind: 'Deployment', namespace: 'tracing', name: 'otel-ingestor', replicas: 3 },
];

/** Where Grafana would be: what people ask, they ask from there. */
export const people: ClientPod = {
  name: 'grafana',
  namespace: 'monitoring',
  labels: { 'app.kubernetes.io/instance': 'grafana' },
};

/** The stores of production and what leads to them, on a node, as rendered. */
export interface Stack {
  readonly clients: Clients;
  /** Who is told of alerts. */
  readonly webhook: Webhook;
}

/** Starts it. What is started is undone with the node. */
export async function startStack(report: Report, { cluster, image, directory, undo }: Machine): Promise<Stack> {
  const { kubectl } = cluster;
  const webhook = await startWebhook();
  undo.push(() => {
    webhook.stop();
    return Promise.resolve();
  });
  const door = await forward(addresses.outside, 0, new URL(webhook.url).host);
  undo.push(() => door.close());
  const app = productionOnNode({ host: addresses.outside, port: door.port });
  const rendered = (id: string) => app.chart(id).toJson() as readonly KubeObject[];
  const all = renderApp(app);
  await report.step(
    'it has images of the servers that were built here',
    () => importLocalImages(cluster, directory, imagesOf(all.filter(isRun))),
    (made) => `${made.length}`,
  );
  const folder = join(directory, 'authority');
  await mkdir(folder);
  const authority = await CertificateAuthority.create(folder);
  await report.step('it has namespaces, volumes and certificates, and enforces policies', async () => {
    await provideVolumes(cluster, directory, 30);
    await cluster.serveApiAt(6443);
    const enforcer = await enforcePolicies(cluster.network, kubectl);
    undo.push(() => enforcer.stop());
    await apply(
      kubectl,
      all.filter(({ kind }) => ['Namespace', 'PriorityClass'].includes(kind)),
    );
    await apply(kubectl, await issuedSecrets(all, authority));
  });
  await report.step('everything is applied', async () => {
    const namespaces = app.charts.find(({ node }) => node.id.endsWith('namespaces'));
    const first = (namespaces?.toJson() ?? []) as readonly KubeObject[];
    await apply(kubectl, [...first, ...charts.flatMap(rendered)].filter(isRun));
  });
  for (const job of ['credentials', 'objects-buckets']) {
    const { namespace = '', name } = objectOf(all, 'Job', job).metadata;
    await report.step(`the Job ${job} has done its work`, () => waitForJob(cluster, namespace, name));
  }
  await report.step(
    'every member is ready',
    async () => {
      for (const { kind, namespace, name } of members)
        await kubectl(['rollout', 'status', `${kind}/${name}`, `--namespace=${namespace}`, '--timeout=300s']);
    },
    () => members.map(({ name, replicas }) => `${name} ×${replicas}`).join(', '),
  );
  const clients = new Clients(cluster, image, authority.certificateFile);
  await clients.start(people);
  return { clients, webhook };
}

function isRun({ kind, metadata }: KubeObject): boolean {
  const isWorkload = ['StatefulSet', 'Deployment', 'Job'].includes(kind);
  const isLeftOut = isWorkload && leftOut.includes(metadata.name.replace(/-[0-9a-f]{10}$/, ''));
  return !isLeftOut && !ofCertManager.includes(kind);
}

function imagesOf(objects: readonly KubeObject[]): readonly string[] {
  const containers = new Cluster(objects).workloads.flatMap((workload) => workload.containers);
  return Array.from(new Set(containers.map(({ container }) => container.image ?? '')));
}
