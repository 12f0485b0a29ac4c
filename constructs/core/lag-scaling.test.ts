import { join } from 'node:path';
import { AnomalyPipeline, type WorkerSizing } from '../anomaly/anomaly-pipeline';
import { checkAll, describeViolation, readDefinitions, sumResources } from '../invariants';
import { images } from '../images';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { fileOf, givenSecret, objectOf, podTemplateOf, renderApp, testApp } from '../testing';
import type { TopicsJob, WorkerName } from '../contracts';
import type { AutoscalerProps } from './autoscaler';
import { defined } from './defined';
import { Deployment } from './deployment';
import { NetworkPeer } from './network-peer';
import type { PlatformApp } from './platform-app';
import { SecretSource } from './secret-source';
import type { IEventStream } from './stores';

const definitions = readDefinitions(join(__dirname, '..', '..', 'imports', 'crds'));
const autoscaling = { min: 2, max: 6, lagPerPod: 20_000 };

function pipeline(
  app: PlatformApp,
  stream: IEventStream,
  workers: Partial<Record<WorkerName, WorkerSizing>> = { preprocessing: { autoscaling } },
) {
  const store = new ObjectStore(app.chart('storage'), 'objects');
  return new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream,
    partitions: 6,
    workers,
    anomalies: store.bucket('anomalies'),
    models: store.bucket('models'),
  });
}

function ours(workers?: Partial<Record<WorkerName, WorkerSizing>>) {
  const app = testApp();
  pipeline(app, new RedpandaBroker(app.chart('streaming'), 'redpanda'), workers);
  return renderApp(app);
}

function reader(app: PlatformApp, autoscaler?: AutoscalerProps): Deployment {
  return new Deployment(app.chart('anomaly'), 'reader', {
    name: 'reader',
    instance: 'reader',
    runAs: { user: 1000 },
    container: { image: images.workers, resources: { cpu: '100m', memory: '64Mi' } },
    ...defined({ autoscaler }),
  });
}

describe('A worker that is scaled by lag', () => {
  it('leaves its replicas to KEDA, which is told topic and group by what it was granted', () => {
    const objects = ours();
    expect(objectOf(objects, 'Deployment', 'preprocessing').spec).not.toHaveProperty('replicas');
    expect(objectOf(objects, 'Deployment', 'anomaly-detection').spec).toMatchObject({ replicas: 1 });
    expect(objectOf(objects, 'ScaledObject', 'preprocessing').spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'preprocessing' },
      minReplicaCount: 2,
      maxReplicaCount: 6,
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: {
            scaleDown: {
              stabilizationWindowSeconds: 300,
              policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
            },
          },
        },
      },
      triggers: [
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: 'redpanda.streaming.svc.cluster.local:9092',
            consumerGroup: 'preprocessing-group',
            topic: 'traces',
            lagThreshold: '20000',
            offsetResetPolicy: 'earliest',
          },
        },
      ],
    });
    expect(objects.filter(({ kind }) => kind === 'TriggerAuthentication')).toEqual([]);
    expect(checkAll(objects, definitions).map(describeViolation)).toEqual([]);
  });

  it('is spread as many are, and counted at its minimum', () => {
    const { cpu } = sumResources(ours());
    expect(sumResources(ours({})).cpu).toBeCloseTo(cpu - 0.3, 9);
    expect(podTemplateOf(ours(), 'Deployment', 'preprocessing').spec.topologySpreadConstraints).toHaveLength(2);
  });

  it('lets KEDA in to the broker, where the environment says that it is, and nobody without it', () => {
    const outside = (objects: ReturnType<typeof ours>) =>
      objectOf(objects, 'NetworkPolicy', 'redpanda').metadata.annotations?.['plumbline.dev/outside'];
    expect(outside(ours())).toBe('ingress 9092: KEDA, which asks for the lag of consumers');
    expect(outside(ours({}))).toBeUndefined();
    const app = testApp({ cluster: { lagReaders: [NetworkPeer.namespace('scaling')] } });
    pipeline(app, new RedpandaBroker(app.chart('streaming'), 'redpanda'));
    const { ingress } = objectOf(renderApp(app), 'NetworkPolicy', 'redpanda').spec;
    expect(ingress).toContainEqual({
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'scaling' } } }],
      ports: [{ port: 9092, protocol: 'TCP' }],
    });
  });

  it('has KEDA say who it is to brokers of ours, and lets it in to each of them', () => {
    const app = testApp({ tls: { ca: 'platform-ca' }, cluster: { lagReaders: [NetworkPeer.namespace('scaling')] } });
    const users = SecretSource.generated();
    pipeline(app, new RedpandaBroker(app.chart('streaming'), 'redpanda', { brokers: 3, users }));
    const objects = renderApp(app);
    expect(objectOf(objects, 'TriggerAuthentication', 'preprocessing').spec).toEqual({
      secretTargetRef: [
        { parameter: 'username', name: 'preprocessing-redpanda-kafka', key: 'username' },
        { parameter: 'password', name: 'preprocessing-redpanda-kafka', key: 'password' },
        { parameter: 'ca', name: 'platform-ca', key: 'ca.crt' },
      ],
    });
    const [trigger] = objectOf(objects, 'ScaledObject', 'preprocessing').spec.triggers as readonly {
      readonly metadata: Readonly<Record<string, string>>;
    }[];
    expect(trigger?.metadata).toMatchObject({
      bootstrapServers: 'redpanda.streaming.svc.cluster.local:9092',
      tls: 'enable',
      sasl: 'scram_sha256',
    });
    // The policy is that of the pods, so it holds for the broker that each partition's leader is.
    const { podSelector, ingress } = objectOf(objects, 'NetworkPolicy', 'redpanda').spec;
    expect(podSelector).toEqual(objectOf(objects, 'StatefulSet', 'redpanda').spec.selector);
    expect(ingress).toContainEqual({
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'scaling' } } }],
      ports: [{ port: 9092, protocol: 'TCP' }],
    });
    // What it asks as that user is what the user may: offsets of its group, and where its topic ends.
    const { acls } = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    expect(acls?.filter(({ user }) => user === 'preprocessing')).toEqual(
      expect.arrayContaining([
        { user: 'preprocessing', resource: 'group', name: 'preprocessing-group', operations: ['read'] },
        { user: 'preprocessing', resource: 'topic', name: 'traces', operations: ['describe', 'read'] },
      ]),
    );
  });

  it('has KEDA show its credentials and trust its authority, by reference', () => {
    const app = testApp();
    const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
      brokers: ['kafka.example.org:9093'],
      tls: { ca: 'example-ca', clientCertificate: 'example-client' },
      users: SecretSource.existing(),
      // Our Job shows no certificate.
      reconcile: false,
    });
    const topic = stream.topic('orders', { partitions: 6 });
    const worker = reader(app);
    worker.autoscale({ min: 1, max: 2, by: { of: topic.grantConsume(worker, 'billing'), perPod: 100 } });
    const objects = renderApp(app);
    expect(objectOf(objects, 'TriggerAuthentication', 'reader').spec).toEqual({
      secretTargetRef: [
        { parameter: 'username', name: 'reader-kafka-kafka', key: 'username' },
        { parameter: 'password', name: 'reader-kafka-kafka', key: 'password' },
        { parameter: 'ca', name: 'example-ca', key: 'ca.crt' },
        { parameter: 'cert', name: 'example-client', key: 'tls.crt' },
        { parameter: 'key', name: 'example-client', key: 'tls.key' },
      ],
    });
    expect(objectOf(objects, 'ScaledObject', 'reader').spec.triggers).toEqual([
      {
        type: 'kafka',
        metadata: {
          bootstrapServers: 'kafka.example.org:9093',
          consumerGroup: 'billing',
          topic: 'orders',
          lagThreshold: '100',
          offsetResetPolicy: 'earliest',
          tls: 'enable',
          sasl: 'scram_sha256',
        },
        authenticationRef: { name: 'reader' },
      },
    ]);
    const given = ['example-ca', 'example-client', 'reader-kafka-kafka'].map((name) => givenSecret('anomaly', name));
    expect(checkAll([...objects, ...given], definitions, ['probes-set']).map(describeViolation)).toEqual([]);
  });

  it.each<[string, Partial<Record<WorkerName, WorkerSizing>>, string]>([
    [
      'more pods than the topic has partitions',
      { 'anomaly-detection': { autoscaling: { ...autoscaling, max: 7 } } },
      'anomaly-detection.autoscaling.max is 7, which is not at most 6, the partitions of the topic traces-preprocessed',
    ],
    ['bounds out of order', { preprocessing: { autoscaling: { ...autoscaling, min: 0 } } }, 'not a range from 1 up'],
    [
      'a threshold that is none',
      { preprocessing: { autoscaling: { ...autoscaling, lagPerPod: 0.5 } } },
      'autoscaling.by.perPod is 0.5',
    ],
    ['replicas beside it', { preprocessing: { autoscaling, replicas: 2 } }, 'not combined with replicas'],
    ['what must not run twice', { training: { autoscaling } }, 'not of preprocessing or anomaly-detection'],
    ['what reads no traces', { console: { autoscaling } }, 'workers.console.autoscaling is'],
  ])('is refused for %s', (_, workers, message) => {
    expect(() => ours(workers)).toThrow(message);
  });

  it('is not scaled by anything else, nor twice', () => {
    const app = testApp();
    const topic = new RedpandaBroker(app.chart('streaming'), 'redpanda').topic('orders', { partitions: 3 });
    const worker = reader(app, { minReplicas: 1, maxReplicas: 2, cpuPercent: 80 });
    const by = { of: topic.grantConsume(worker, 'billing'), perPod: 100 };
    const message = 'which is not combined with another autoscaler';
    expect(() => worker.autoscale({ min: 1, max: 2, by })).toThrow(message);
    const other = reader(testApp());
    other.autoscale({ min: 1, max: 2, by });
    expect(() => other.autoscale({ min: 1, max: 2, by })).toThrow(message);
  });
});
