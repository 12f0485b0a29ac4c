import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { NetworkPeer } from '../core/network-peer';
import type { PlatformApp } from '../core/platform-app';
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
import type { CollectorConfig } from './collector-config';
import { OtelTier, type OtelTierProps } from './otel-tier';
import { ValuePattern } from './value-pattern';

const everything: OwnProps<Omit<OtelTierProps, 'traces'>> = {
  name: 'spans',
  ingestor: {
    autoscaler: { minReplicas: 2, maxReplicas: 5, cpuPercent: 70, memoryPercent: 80 },
    resources: { cpu: '200m', cpuLimit: '1', memory: '256Mi', memoryLimit: '512Mi' },
    queueSize: 500,
  },
  aggregator: {
    replicas: 3,
    volume: { size: Size.gibibytes(8), storageClass: 'fast' },
    resources: { cpu: '1', cpuLimit: '2', memory: '1Gi', memoryLimit: '2Gi' },
    wait: Duration.seconds(5),
    numTraces: 50_000,
    batchSize: 2048,
    batchTimeout: Duration.seconds(2),
  },
  retryFor: Duration.minutes(15),
  tail: { percentage: 10, slowMs: 800 },
  redaction: {
    redact: ['customer.*'],
    keep: ['aws.secretsmanager.secret.arn'],
    hash: { keys: ['user.id'], salt: SecretSource.generated() },
    patterns: [...ValuePattern.standard, ValuePattern.cardNumber],
    queryLiterals: 'keep',
    links: 'remove',
  },
  clients: [NetworkPeer.namespace('shop')],
  image: 'example.org/otelcol:0.160.0',
};

function destinations(app: PlatformApp): OtelTierProps['traces'] {
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda');
  return [
    broker.topic('traces', { partitions: 3, logAppendTime: true }),
    new TempoMonolith(app.chart('tracing'), 'tempo', { blocks }),
  ];
}

function render(props: Omit<OtelTierProps, 'traces'> = {}) {
  const app = testApp();
  new OtelTier(app.chart('collection'), 'otel', { ...props, traces: destinations(app) });
  return { app, objects: renderApp(app) };
}

function configOf(props: Omit<OtelTierProps, 'traces'>, workload: string): CollectorConfig {
  return parse(fileOf(render(props).objects, `${workload}-config`, 'config.yaml')) as CollectorConfig;
}

describe('The collectors', () => {
  it('need destinations', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'collection'))).toMatchSnapshot();
    expect(() => new OtelTier(testApp().chart('collection'), 'otel', { traces: [] })).toThrow('traces is []');
  });

  it('take every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(containerOf(objects, 'Deployment', 'spans-ingestor').image).toBe(everything.image);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'collection'))).toMatchSnapshot();
  });

  it('are found as otel-ingestor and otel-aggregator', () => {
    const { objects } = render();
    const portsOf = (name: string) => objectOf(objects, 'Service', name).spec.ports.map(({ port }) => port);
    expect(portsOf('otel-ingestor')).toEqual([4317, 4318]);
    expect(portsOf('otel-aggregator')).toEqual([4317]);
  });

  it('keep Go’s heap below four fifths of their memory and refuse data before it is full', () => {
    const { objects } = render(everything);
    expect(envOf(objects, 'Deployment', 'spans-ingestor').GOMEMLIMIT).toBe('409MiB');
    expect(envOf(objects, 'StatefulSet', 'spans-aggregator').GOMEMLIMIT).toBe('1638MiB');
    for (const workload of ['otel-ingestor', 'otel-aggregator']) {
      for (const { processors } of Object.values(configOf({}, workload).service.pipelines)) {
        expect(processors[0]).toBe('memory_limiter');
      }
    }
  });
});

describe('The ingestor', () => {
  it('takes OTLP from every pod, or from those it is told', () => {
    const ingressOf = (props: Omit<OtelTierProps, 'traces'>, name: string) =>
      objectOf(render(props).objects, 'NetworkPolicy', name).spec.ingress;
    const ports = [4317, 4318].map((port) => ({ port, protocol: 'TCP' }));
    expect(ingressOf({}, 'otel-ingestor')).toEqual([{ from: [{ namespaceSelector: {} }], ports }]);
    expect(ingressOf(everything, 'spans-ingestor')).toEqual([
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }], ports },
    ]);
  });

  it('spreads traces over all aggregator pods by the headless name', () => {
    expect(configOf({}, 'otel-ingestor').exporters.load_balancing).toMatchObject({
      routing_key: 'traceID',
      resolver: {
        dns: { hostname: 'otel-aggregator-headless.collection.svc.cluster.local', port: '4317', interval: '5s' },
      },
    });
  });

  it('offers what one aggregator does not take to another, pausing in between', () => {
    expect(configOf(everything, 'spans-ingestor').exporters.load_balancing).toMatchObject({
      protocol: { otlp: { retry_on_failure: { enabled: false }, sending_queue: { enabled: false } } },
      retry_on_failure: {
        enabled: true,
        initial_interval: '1s',
        randomization_factor: 0.5,
        multiplier: 1.5,
        max_interval: '30s',
        max_elapsed_time: '300s',
      },
      sending_queue: { enabled: true, queue_size: 500, block_on_overflow: false },
    });
  });
});

describe('The aggregator', () => {
  it('has a pipeline for each destination, and groups by trace only in front of the topic', () => {
    expect(configOf({}, 'otel-aggregator').service.pipelines).toEqual({
      'traces/traces': {
        receivers: ['otlp'],
        processors: ['memory_limiter', 'transform/normalize', 'transform/redact', 'groupbytrace', 'batch/traces'],
        exporters: ['kafka/traces'],
      },
      'traces/tempo': {
        receivers: ['otlp'],
        processors: ['memory_limiter', 'transform/normalize', 'transform/redact', 'batch/tempo'],
        exporters: ['otlp_grpc/tempo'],
      },
    });
  });

  it('takes out what nobody is to read before anything waits or writes, in every pipeline', () => {
    for (const config of [configOf({}, 'otel-aggregator'), configOf(everything, 'spans-aggregator')]) {
      for (const { processors } of Object.values(config.service.pipelines))
        expect(processors.slice(0, 3)).toEqual(['memory_limiter', 'transform/normalize', 'transform/redact']);
    }
  });

  it('leaves spans as they are only where it is told', () => {
    const { processors, service } = configOf({ redaction: 'none' }, 'otel-aggregator');
    expect(Object.keys(processors)).not.toContain('transform/redact');
    for (const pipeline of Object.values(service.pipelines))
      expect(pipeline.processors).not.toContain('transform/redact');
  });

  it('switches on what clears links only where they are removed', () => {
    const argsOf = (props: Omit<OtelTierProps, 'traces'>) =>
      containerOf(render(props).objects, 'StatefulSet', 'otel-aggregator').args;
    expect(argsOf({ redaction: { links: 'remove' } })).toContain('--feature-gates=ottl.set.allowNil');
    for (const redaction of ['none', {}] as const)
      expect(argsOf({ redaction })).toEqual(['--config=/etc/otelcol-contrib/config.yaml']);
  });

  it('has its salt from a Secret, and none where nothing is hashed', () => {
    const objects = render({ redaction: { hash: { keys: ['user.id'] } } }).objects;
    expect(containerOf(objects, 'StatefulSet', 'otel-aggregator').env).toContainEqual({
      name: 'REDACTION_SALT',
      valueFrom: { secretKeyRef: { name: 'otel-redaction', key: 'salt' } },
    });
    expect(Object.keys(envOf(render().objects, 'StatefulSet', 'otel-aggregator'))).not.toContain('REDACTION_SALT');
  });

  it('waits for a trace and fills batches as long as it is told', () => {
    expect(configOf({}, 'otel-aggregator').processors).toMatchObject({
      groupbytrace: { wait_duration: '3s', num_traces: 20_000 },
      'batch/traces': { send_batch_size: 1024, timeout: '10s' },
      'batch/tempo': { send_batch_size: 1024, timeout: '10s' },
    });
    expect(configOf(everything, 'spans-aggregator').processors).toMatchObject({
      groupbytrace: { wait_duration: '5s', num_traces: 50_000 },
      'batch/traces': { send_batch_size: 2048, timeout: '2s' },
    });
  });

  it('writes OTLP to the topic, by trace id, compressed, acknowledged by all replicas', () => {
    expect(configOf({}, 'otel-aggregator').exporters['kafka/traces']).toMatchObject({
      brokers: ['redpanda.streaming.svc.cluster.local:9092'],
      traces: { topic: 'traces', encoding: 'otlp_proto' },
      partition_traces_by_id: true,
      producer: {
        compression: 'snappy',
        required_acks: -1,
        max_message_bytes: 1_000_000,
        allow_auto_topic_creation: false,
      },
    });
  });

  it('holds for each destination what it cannot deliver, on its volume, and never waits for room', () => {
    const { exporters, extensions } = configOf({}, 'otel-aggregator');
    for (const exporter of Object.values(exporters)) {
      expect(exporter).toMatchObject({
        retry_on_failure: { enabled: true, max_elapsed_time: '3600s' },
        // Two queues take half of 4 GiB.
        sending_queue: { storage: 'file_storage/queue', sizer: 'bytes', queue_size: 2 ** 30, block_on_overflow: false },
      });
    }
    expect(extensions['file_storage/queue']).toMatchObject({ directory: '/var/lib/otelcol/queue' });
    expect(containerOf(render().objects, 'StatefulSet', 'otel-aggregator').volumeMounts).toContainEqual({
      name: 'queue',
      mountPath: '/var/lib/otelcol/queue',
    });
  });

  it('has time to deliver what it is grouping when it ends', () => {
    const { spec } = podTemplateOf(render(everything).objects, 'StatefulSet', 'spans-aggregator');
    expect(spec.terminationGracePeriodSeconds).toBe(35);
  });

  it('keeps errors, slow traces and a share in the trace store, and everything in the topic', () => {
    const { processors, service } = configOf(everything, 'spans-aggregator');
    expect(processors.tail_sampling).toMatchObject({
      policies: [
        { type: 'status_code', status_code: { status_codes: ['ERROR'] } },
        { type: 'latency', latency: { threshold_ms: 800 } },
        { type: 'probabilistic', probabilistic: { sampling_percentage: 10 } },
      ],
    });
    expect(service.pipelines['traces/tempo']?.processors).toContain('tail_sampling');
    expect(service.pipelines['traces/traces']?.processors).not.toContain('tail_sampling');
  });
});
