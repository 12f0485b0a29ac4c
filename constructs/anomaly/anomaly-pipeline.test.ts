import { Duration } from 'cdk8s';
import { topics, workers, type StorageJob, type TopicsJob } from '../contracts';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import { NetworkPeer } from '../core/network-peer';
import { SecretSource } from '../core/secret-source';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import {
  asYaml,
  containerOf,
  envOf,
  fileOf,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { AnomalyPipeline, type AnomalyPipelineProps } from './anomaly-pipeline';

type Props = Omit<AnomalyPipelineProps, 'stream' | 'anomalies' | 'models' | 'archive'>;

const everything: OwnProps<Props> = {
  name: 'aiops',
  partitions: 6,
  arrivalDelay: Duration.seconds(30),
  replicationFactor: 3,
  retention: Duration.days(3),
  workers: {
    preprocessing: {
      replicas: 3,
      resources: { cpu: '1', cpuLimit: '2', memory: '1Gi', memoryLimit: '2Gi' },
      env: { LOG_LEVEL: 'debug' },
    },
    'root-cause': { env: { LOG_LEVEL: 'debug' } },
  },
  namePrefix: 'aiops-',
  grafanaUrl: 'https://grafana.example.org',
  consoleUrl: 'https://plumbline.example.org',
  runbookUrl: 'https://runbooks.example.org',
  consoleExposure: new NodePort(30380),
  channels: SecretSource.existing({ name: 'channels', keys: { slackWebhookUrl: 'slack' } }),
  webhookPeers: [NetworkPeer.addresses('192.0.2.0/24')],
  traces: {
    exportTraces: (worker) => ({
      kind: 'otlp',
      name: 'tempo',
      connection: worker.connectTo(Endpoint.external('tempo.example.org', 4317, { ranges: ['192.0.2.1/32'], tls: {} })),
    }),
  },
  image: 'example.org/workers:1.0.0',
};

function render(props: Props = {}) {
  const app = testApp();
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    ...props,
    stream: new RedpandaBroker(app.chart('streaming'), 'redpanda', defined({ brokers: props.replicationFactor })),
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models', { versioning: true }),
  });
  return { app, pipeline, objects: renderApp(app) };
}

const inAnomaly = ({ metadata }: { readonly metadata: { readonly namespace?: string } }) =>
  metadata.namespace === 'anomaly';

describe('The anomaly pipeline', () => {
  it('needs a stream and two buckets', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(inAnomaly))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(inAnomaly))).toMatchSnapshot();
  });

  it('lets workers send spans of their own to a trace store, at both ends, and to nobody unless told', () => {
    const app = testApp();
    const storage = new ObjectStore(app.chart('storage'), 'objects');
    const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('blocks') });
    const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
      stream: new RedpandaBroker(app.chart('streaming'), 'redpanda'),
      anomalies: storage.bucket('anomaly-data'),
      models: storage.bucket('ml-models', { versioning: true }),
      traces: tempo,
    });
    expect(violationsOf(app)).toEqual([]);
    const objects = renderApp(app);
    for (const worker of workers)
      expect(envOf(objects, 'Deployment', worker)).toMatchObject({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://tempo.tracing.svc.cluster.local:4317',
      });
    expect(asYaml([objectOf(objects, 'NetworkPolicy', 'tempo')]).match(/port: 4317/g)).toHaveLength(workers.length);
    expect(envOf(render(everything).objects, 'Deployment', 'aiops-training')).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://tempo.example.org:4317',
    });
    expect(envOf(render().objects, 'Deployment', 'training')).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(() => render({ traces: pipeline.rawTraces })).toThrow('traces is "kafka", which is not otlp');
  });

  it('runs each worker as a Deployment of one image, on its own account', () => {
    const { objects } = render();
    for (const worker of workers) {
      const { image, args } = containerOf(objects, 'Deployment', worker);
      expect({ image, args }).toEqual({
        image: 'ghcr.io/plumbline-observability/plumbline-workers:0.1.0',
        args: ['run', worker],
      });
      expect(podTemplateOf(objects, 'Deployment', worker).spec.serviceAccountName).toBe(worker);
      expect(containerOf(objects, 'Deployment', worker)).toMatchObject({
        readinessProbe: { httpGet: { path: '/readyz', port: 'operations' } },
        livenessProbe: { httpGet: { path: '/healthz', port: 'operations' } },
      });
    }
  });

  it('never runs twice what keeps one state for all partitions', () => {
    const { objects } = render(everything);
    const specOf = (worker: string) => objectOf(objects, 'Deployment', `aiops-${worker}`).spec;
    for (const worker of ['root-cause', 'notification', 'training']) {
      expect(specOf(worker)).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    }
    expect(specOf('preprocessing')).toMatchObject({ replicas: 3, strategy: { type: 'RollingUpdate' } });
    expect(() => render({ workers: { training: { replicas: 2 } } })).toThrow(
      'workers.training.replicas is 2, which is not one: it must not run twice',
    );
  });

  it('has equally many partitions before and after preprocessing, and the broker’s clock on `traces` alone', () => {
    const { objects } = render(everything);
    const job = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    expect(job.topics.map(({ name }) => name)).toEqual(
      Object.values(topics)
        .map(({ name }) => name)
        .sort(),
    );
    expect(Object.fromEntries(job.topics.map(({ name, partitions }) => [name, partitions]))).toMatchObject({
      traces: 6,
      'traces-preprocessed': 6,
      incidents: 3,
    });
    expect(job.topics.filter(({ logAppendTime }) => logAppendTime).map(({ name }) => name)).toEqual(['traces']);
    expect(job.topics.filter(({ cleanupPolicy }) => cleanupPolicy === 'compact').map(({ name }) => name)).toEqual([
      'analysis-progress',
      'deliveries',
      'feedback',
      'incidents',
      'model-events',
    ]);
    for (const topic of job.topics) expect(topic).toMatchObject({ replicationFactor: 3, retentionMs: 259_200_000 });
  });

  it('lets each worker read and write what it has to and nothing else', () => {
    const { objects, pipeline } = render();
    const job = JSON.parse(fileOf(objects, 'objects-buckets-job', 'job.json')) as StorageJob;
    expect(job.buckets.map(({ name, grants }) => [name, grants])).toEqual([
      [
        'anomaly-data',
        [
          { identity: 'anomaly-detection', actions: ['read', 'list', 'write'] },
          { identity: 'root-cause', actions: ['read', 'list'] },
        ],
      ],
      [
        'ml-models',
        [
          { identity: 'anomaly-detection', actions: ['read', 'list'] },
          { identity: 'root-cause', actions: ['read', 'list'] },
          { identity: 'training', actions: ['read', 'list', 'write'] },
        ],
      ],
    ]);
    const readers = (topic: keyof typeof topics) =>
      pipeline.topics[topic].grants
        .filter(({ operation }) => operation === 'consume')
        .map(({ workload, group }) => [workload.name, group]);
    const writers = (name: string) =>
      Object.values(pipeline.topics)
        .filter(({ grants }) =>
          grants.some(({ operation, workload }) => operation === 'produce' && workload.name === name),
        )
        .map((topic) => topic.name);
    expect(writers('console')).toEqual(['feedback']);
    expect(readers('feedback')).toEqual([
      ['training', 'training-group'],
      ['console', 'console-group'],
    ]);
    expect(readers('traces')).toEqual([['preprocessing', 'preprocessing-group']]);
    expect(readers('tracesPreprocessed')).toEqual([
      // Reads back what it put out before a restart.
      ['preprocessing', 'preprocessing-group'],
      ['anomaly-detection', 'anomaly-group'],
    ]);
    // Detection tells of drift, and training asks for a training.
    expect(readers('modelEvents')).toEqual([['training', 'training-group']]);
    expect(pipeline.topics.modelEvents.grants.map(({ workload, operation }) => [workload.name, operation])).toEqual(
      expect.arrayContaining([['anomaly-detection', 'produce']]),
    );
    expect(pipeline.learner.name).toBe('training');
  });

  it('tells each worker where its buckets and brokers are', () => {
    const { objects } = render();
    expect(envOf(objects, 'Deployment', 'anomaly-detection')).toMatchObject({
      ANOMALY_BUCKET: 'anomaly-data',
      MODEL_BUCKET: 'ml-models',
      S3_ENDPOINT: 'http://objects.storage.svc.cluster.local:7070',
      S3_REGION: 'us-east-1',
      S3_FORCE_PATH_STYLE: 'true',
      KAFKA_BROKERS: 'redpanda.streaming.svc.cluster.local:9092',
    });
    expect(envOf(objects, 'Deployment', 'preprocessing')).toEqual({
      KAFKA_BROKERS: 'redpanda.streaming.svc.cluster.local:9092',
      MAX_RECORD_BYTES: '4194304',
      SHUTDOWN_GRACE_SECONDS: '50',
      WATERMARK_LAG_SECONDS: '20',
    });
  });

  it('keeps windows open for as long as spans may take to arrive, which is longer than the aggregator holds them', () => {
    const lag = (props?: Props) =>
      Number(envOf(render(props).objects, 'Deployment', 'preprocessing').WATERMARK_LAG_SECONDS);
    expect(lag({ arrivalDelay: Duration.minutes(1) })).toBe(60);
    expect(lag()).toBeGreaterThan(3 + 10 + 5);
  });

  it('links messages and pages to where people reach things', () => {
    const { objects } = render(everything);
    const linksOf = (worker: string) =>
      Object.entries(envOf(objects, 'Deployment', `aiops-${worker}`)).filter(
        ([name]) => name.endsWith('_URL') && !name.includes('WEBHOOK'),
      );
    expect(linksOf('notification')).toEqual([
      ['CONSOLE_URL', 'https://plumbline.example.org'],
      ['GRAFANA_URL', 'https://grafana.example.org'],
      ['RUNBOOK_URL', 'https://runbooks.example.org'],
    ]);
    expect(linksOf('console').map(([name]) => name)).toEqual(['GRAFANA_URL', 'RUNBOOK_URL']);
    expect(linksOf('preprocessing')).toEqual([]);
  });

  it('lets only notification out to the internet, and not to private addresses', () => {
    const { objects } = render();
    const egressOf = (worker: string) => JSON.stringify(objectOf(objects, 'NetworkPolicy', worker).spec);
    for (const worker of workers.filter((each) => each !== 'notification')) {
      expect(egressOf(worker)).not.toContain('0.0.0.0/0');
    }
    expect(egressOf('notification')).toContain('"except":["10.0.0.0/8"');
    expect(objectOf(objects, 'NetworkPolicy', 'notification').metadata.annotations).toEqual({
      'plumbline.dev/outside': 'egress 443: webhooks of the notification channels',
    });
  });

  it('starts without any channel, and takes webhooks from whatever Secret it is told', () => {
    const channelOf = (props: Props, name: string, variable: string) =>
      containerOf(render(props).objects, 'Deployment', name).env?.find((each) => each.name === variable)?.valueFrom;
    expect(channelOf({}, 'notification', 'DISCORD_WEBHOOK_URL')).toEqual({
      secretKeyRef: { name: 'notification-channels', key: 'discordWebhookUrl', optional: true },
    });
    expect(channelOf(everything, 'aiops-notification', 'SLACK_WEBHOOK_URL')).toEqual({
      secretKeyRef: { name: 'channels', key: 'slack', optional: true },
    });
  });

  it('opens its console only where it is told so', () => {
    expect(objectOf(render().objects, 'Service', 'console').spec).not.toHaveProperty('type');
    expect(objectOf(render(everything).objects, 'Service', 'aiops-console').spec).toMatchObject({
      type: 'NodePort',
      ports: [{ name: 'page', port: 80, targetPort: 'page', nodePort: 30380 }],
    });
  });
});
