import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { defined } from '../core/defined';
import { NetworkPeer } from '../core/network-peer';
import type { PlatformApp } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
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
import type { KubeObject } from '../invariants';
import { TempoMonolith } from '../tracing/tempo-monolith';
import type { CollectorConfig } from './collector-config';
import { OtelTier, type OtelTierProps } from './otel-tier';
import { ValuePattern } from './value-pattern';

/** What is said of a tier beside where signals go. */
type Props = Omit<OtelTierProps, 'traces' | 'logs' | 'metrics'>;

const everything: OwnProps<Props> = {
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
  traceProtocols: ['jaeger-grpc', 'jaeger-http', 'jaeger-compact', 'zipkin'],
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

function render(props: Props = {}) {
  const app = testApp();
  new OtelTier(app.chart('collection'), 'otel', { ...props, traces: destinations(app) });
  return { app, objects: renderApp(app) };
}

/** With a store for each signal. */
function renderAll(props: Props = {}) {
  const app = testApp();
  new OtelTier(app.chart('collection'), 'otel', {
    ...props,
    traces: destinations(app),
    logs: [new Loki(app.chart('logs'), 'loki')],
    metrics: [new Prometheus(app.chart('metrics'), 'prometheus')],
  });
  return { app, objects: renderApp(app) };
}

function parsed(objects: readonly KubeObject[], workload: string): CollectorConfig {
  return parse(fileOf(objects, `${workload}-config`, 'config.yaml')) as CollectorConfig;
}

function configOf(props: Props, workload: string): CollectorConfig {
  return parsed(render(props).objects, workload);
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
      // What is behind it was let in.
      const taking = Object.values(parsed(renderAll().objects, workload).service.pipelines).filter(({ receivers }) =>
        receivers.includes('otlp'),
      );
      expect(taking).toHaveLength(3);
      for (const { processors } of taking) expect(processors[0]).toBe('memory_limiter');
    }
  });
});

describe('The ingestor', () => {
  it('takes OTLP from every pod, or from those it is told', () => {
    const ingressOf = (props: Props, name: string) =>
      objectOf(render(props).objects, 'NetworkPolicy', name).spec.ingress;
    const ports = [4317, 4318].map((port) => ({ port, protocol: 'TCP' }));
    expect(ingressOf({}, 'otel-ingestor')).toEqual([{ from: [{ namespaceSelector: {} }], ports }]);
    expect(ingressOf({ ...everything, traceProtocols: [] }, 'spans-ingestor')).toEqual([
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
      sending_queue: { enabled: true, wait_for_result: true, queue_size: 500, block_on_overflow: false },
    });
  });
});

describe('The aggregator', () => {
  it('has a pipeline for each destination, and groups by trace only in front of the topic', () => {
    expect(configOf({}, 'otel-aggregator').service.pipelines).toEqual({
      traces: {
        receivers: ['otlp'],
        processors: ['memory_limiter', 'transform/normalize', 'transform/redact'],
        exporters: ['forward'],
      },
      'traces/traces': {
        receivers: ['forward'],
        processors: ['groupbytrace'],
        exporters: ['kafka/traces'],
      },
      'traces/tempo': { receivers: ['forward'], processors: ['batch/handover'], exporters: ['otlp_grpc/tempo'] },
    });
  });

  it('takes out what nobody is to read once, before anything waits or writes', () => {
    const all = [configOf(everything, 'spans-aggregator'), parsed(renderAll().objects, 'otel-aggregator')];
    for (const { service } of [configOf({}, 'otel-aggregator'), ...all]) {
      for (const { receivers, processors, exporters } of Object.values(service.pipelines)) {
        const [first, second, third, ...others] = processors;
        if (receivers.includes('forward')) {
          expect(processors).not.toContain('transform/redact');
          continue;
        }
        expect([first, second, third]).toEqual(['memory_limiter', 'transform/normalize', 'transform/redact']);
        expect(others.filter((id) => id !== 'deltatocumulative')).toEqual([]);
        expect(exporters).toEqual(['forward']);
      }
    }
  });

  it('leaves spans as they are only where it is told', () => {
    const { processors, service } = configOf({ redaction: 'none' }, 'otel-aggregator');
    expect(Object.keys(processors)).not.toContain('transform/redact');
    for (const pipeline of Object.values(service.pipelines))
      expect(pipeline.processors).not.toContain('transform/redact');
  });

  it('switches on what clears links only where they are removed', () => {
    const argsOf = (props: Props) => containerOf(render(props).objects, 'StatefulSet', 'otel-aggregator').args;
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
    const usual = configOf({}, 'otel-aggregator');
    expect(usual.processors).toMatchObject({ groupbytrace: { wait_duration: '3s', num_traces: 20_000 } });
    const batch = { sizer: 'items', min_size: 1024, max_size: 2048, flush_timeout: '10s' };
    for (const exporter of Object.values(usual.exporters)) expect(exporter).toMatchObject({ sending_queue: { batch } });
    const told = configOf(everything, 'spans-aggregator');
    expect(told.processors).toMatchObject({ groupbytrace: { wait_duration: '5s', num_traces: 50_000 } });
    expect(told.exporters['kafka/traces']).toMatchObject({
      sending_queue: { batch: { min_size: 2048, max_size: 4096, flush_timeout: '2s' } },
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

describe('Log records and metrics', () => {
  const { app, objects } = renderAll();
  const ingestor = parsed(objects, 'otel-ingestor');
  const aggregator = parsed(objects, 'otel-aggregator');

  it('are taken where there is a store for them, and no other pod is reached', () => {
    expect(violationsOf(app)).toEqual([]);
    expect(Object.keys(ingestor.service.pipelines)).toEqual(['traces', 'logs', 'metrics']);
    expect(Object.keys(configOf({}, 'otel-ingestor').service.pipelines)).toEqual(['traces']);
    const egress = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'otel-aggregator').spec.egress);
    for (const store of ['loki', 'prometheus', 'tempo'])
      expect(egress).toContain(`"app.kubernetes.io/name":"${store}"`);
  });

  it('have a queue each at the ingestor; all metrics of a process go to one aggregator, log records to each in turn', () => {
    const host = 'otel-aggregator-headless.collection.svc.cluster.local';
    const waits = {
      retry_on_failure: { enabled: true, max_elapsed_time: '300s' },
      sending_queue: { enabled: true, wait_for_result: true, queue_size: 1000, block_on_overflow: false },
    };
    expect(ingestor.exporters).toMatchObject({
      load_balancing: { routing_key: 'traceID', ...waits },
      'load_balancing/metrics': { routing_key: 'resource', resolver: { dns: { hostname: host } }, ...waits },
      'otlp_grpc/logs': { endpoint: `dns:///${host}:4317`, balancer_name: 'round_robin', ...waits },
    });
  });

  it('are made ready once and then delivered each from its own queue', () => {
    const ready = ['memory_limiter', 'transform/normalize', 'transform/redact'];
    expect(aggregator.service.pipelines).toMatchObject({
      logs: { receivers: ['otlp'], processors: ready, exporters: ['forward'] },
      metrics: { receivers: ['otlp'], processors: [...ready, 'deltatocumulative'], exporters: ['forward'] },
      'logs/loki': { receivers: ['forward'], processors: ['batch/handover'], exporters: ['otlp_http/loki'] },
      'metrics/prometheus': {
        receivers: ['forward'],
        processors: ['batch/handover'],
        exporters: ['otlp_http/prometheus'],
      },
    });
    expect(aggregator.exporters).toMatchObject({
      'otlp_http/loki': { endpoint: 'http://loki.logs.svc.cluster.local:3100/otlp' },
      'otlp_http/prometheus': { endpoint: 'http://prometheus.metrics.svc.cluster.local:9090/api/v1/otlp' },
    });
  });

  it('share the volume evenly with traces, and wait for others of their batch in their queue, for a second at most', () => {
    for (const exporter of Object.values(aggregator.exporters))
      // Four queues take half of 4 GiB.
      expect(exporter).toMatchObject({ sending_queue: { storage: 'file_storage/queue', queue_size: 2 ** 29 } });
    const batch = { min_size: 1024, max_size: 2048, flush_timeout: '1s' };
    // One metric after the other, so that samples of a series come in order.
    expect(aggregator.exporters).toMatchObject({
      'otlp_http/loki': { sending_queue: { num_consumers: 4, batch } },
      'otlp_http/prometheus': { sending_queue: { num_consumers: 1, batch } },
    });
    // Before it nothing is held.
    expect(aggregator.processors['batch/handover']).toEqual({ timeout: '0s' });
  });

  it('have the same taken out of them as spans', () => {
    const redact = aggregator.processors['transform/redact'] as Record<string, readonly { readonly context: string }[]>;
    const contexts = (field: string) => [...new Set(redact[field]?.map(({ context }) => context))];
    expect(contexts('log_statements')).toEqual(['resource', 'scope', 'log']);
    expect(contexts('metric_statements')).toEqual(['resource', 'scope', 'datapoint', 'metric']);
    expect(configOf({}, 'otel-aggregator').processors['transform/redact']).not.toHaveProperty('log_statements');
  });

  it('may go to several stores, of which no two have one name', () => {
    const other = testApp();
    const [traces, chart] = [destinations(other), other.chart('collection')];
    const [here, there] = ['here', 'there'].map((id) => new Loki(other.chart('logs'), id));
    if (here === undefined || there === undefined) throw new Error('there are two');
    expect(() => new OtelTier(chart, 'both', { name: 'both', traces, logs: [here, there] })).not.toThrow();
    expect(() => new OtelTier(chart, 'twice', { name: 'twice', traces, logs: [here, here] })).toThrow('otlp_http/here');
  });

  it('are told of when they are refused or lost', () => {
    const namesOf = (tier: OtelTier) => tier.alerts.map(({ name }) => name);
    const tiers = [app, render().app].map((each) => each.node.findAll().find((node) => node instanceof OtelTier));
    const [all, traces] = tiers.map((tier) => (tier instanceof OtelTier ? namesOf(tier) : []));
    const ofOthers = ['RefusesLogRecords', 'LosesLogRecords', 'RefusesMetricPoints', 'LosesMetricPoints'];
    expect(all).toEqual(expect.arrayContaining(ofOthers.map((name) => `Collector${name}`)));
    expect(traces?.filter((name) => /LogRecords|MetricPoints/.test(name))).toEqual([]);
  });
});

describe('The ingestor’s autoscaler', () => {
  const scaledBy = (autoscaler: NonNullable<OtelTierProps['ingestor']>['autoscaler']) =>
    objectOf(render({ ingestor: defined({ autoscaler }) }).objects, 'HorizontalPodAutoscaler', 'otel-ingestor').spec;
  const bounds = { minReplicas: 2, maxReplicas: 5, cpuPercent: 70, memoryPercent: 80 };

  it('keeps two to five pods at 70 % of CPU and 80 % of memory; they come at once and go slowly', () => {
    expect(scaledBy(bounds)).toMatchObject({
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        { resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
        scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      },
    });
  });

  it('does as it is told', () => {
    const behavior = { scaleDown: { selectPolicy: 'Disabled' } };
    expect(scaledBy({ ...bounds, behavior }).behavior).toEqual(behavior);
  });
});
