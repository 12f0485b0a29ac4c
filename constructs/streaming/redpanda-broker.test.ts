import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import {
  asYaml,
  containerOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  renderChart,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import type { PlatformApp } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker, type RedpandaBrokerProps } from './redpanda-broker';

const everything: OwnProps<Omit<RedpandaBrokerProps, 'tieredStorage'>> = {
  name: 'events',
  brokers: 3,
  zones: 'required',
  volume: { size: Size.gibibytes(100), storageClass: 'fast' },
  resources: { cpu: '4', cpuLimit: '4', memory: '10Gi', memoryLimit: '10Gi' },
  overprovisioned: false,
  retention: Duration.days(3),
  users: SecretSource.generated(),
  keptUsers: ['analyst'],
  prune: true,
  image: 'example.org/redpanda:v26.1.14',
  jobImage: 'example.org/workers:1.0.0',
};

/** With what is of an app. */
function tiered(app: PlatformApp): OwnProps<RedpandaBrokerProps> {
  const bucket = new ObjectStore(app.chart('storage'), 'objects').bucket('topics');
  const license = SecretSource.existing();
  return { ...everything, tieredStorage: { bucket, localRetention: Duration.hours(2), license } };
}

function render(props: RedpandaBrokerProps | ((app: PlatformApp) => RedpandaBrokerProps) = {}) {
  const app = testApp();
  const own = typeof props === 'function' ? props(app) : props;
  new RedpandaBroker(app.chart('streaming'), 'redpanda', own).topic('orders', { partitions: 3 });
  return { app, objects: renderApp(app) };
}

describe('A Redpanda broker', () => {
  it('needs no props', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'streaming'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(tiered);
    expect(violationsOf(app, { given: [givenSecret('streaming', 'events-license')] })).toEqual([]);
    expect(containerOf(objects, 'StatefulSet', 'events').image).toBe(everything.image);
    expect(containerOf(objects, 'Job', 'events-topics').image).toBe(everything.jobImage);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'streaming'))).toMatchSnapshot();
  });

  it('can be had alone, in a chart of another team', () => {
    const objects = renderChart((chart) => new RedpandaBroker(chart, 'redpanda'));
    expect(objects.every(({ metadata }) => metadata.namespace === 'test')).toBe(true);
    expect(objects.some(({ kind }) => kind === 'Job')).toBe(false);
  });

  it('gives the broker nine tenths of its memory and one thread a core', () => {
    const { command } = containerOf(render(everything).objects, 'StatefulSet', 'events');
    expect(command).toEqual(expect.arrayContaining(['--smp=4', '--memory=9216M', '--reserve-memory=0M']));
    expect(command).not.toContain('--overprovisioned');
    expect(containerOf(render().objects, 'StatefulSet', 'redpanda').command).toContain('--overprovisioned');
  });

  it('copies its configuration to where it may rewrite it', () => {
    const { spec } = podTemplateOf(render().objects, 'StatefulSet', 'redpanda');
    const [init] = spec.initContainers ?? [];
    expect(init?.command).toEqual([
      'cp',
      '/tmp/base-config/redpanda.yaml',
      '/tmp/base-config/.bootstrap.yaml',
      '/etc/redpanda/',
    ]);
    expect(spec.containers[0]?.volumeMounts).toContainEqual({ name: 'writable-config', mountPath: '/etc/redpanda' });
  });

  it('keeps a twentieth of its volume free, and no more, so that a small one takes records', () => {
    const bootstrapOf = (props: RedpandaBrokerProps, name: string) =>
      parse(fileOf(render(props).objects, `${name}-config`, '.bootstrap.yaml')) as Record<string, unknown>;
    expect(bootstrapOf({ volume: { size: Size.gibibytes(2) } }, 'redpanda').storage_min_free_bytes).toBe(268_435_456);
    expect(bootstrapOf(everything, 'events')).toEqual({
      auto_create_topics_enabled: false,
      default_topic_replications: 3,
      partition_autobalancing_mode: 'node_add',
      storage_min_free_bytes: 5_368_709_120,
      log_retention_ms: 259_200_000,
      enable_consumer_group_metrics: ['group', 'partition', 'consumer_lag'],
      enable_metrics_reporter: false,
      superusers: ['admin'],
      kafka_enable_authorization: true,
      admin_api_require_auth: true,
    });
  });

  it('sends clients to its pod by name, and is ready when it says so in the body', () => {
    const { command, readinessProbe } = containerOf(render().objects, 'StatefulSet', 'redpanda');
    expect(command).toContain(
      '--advertise-kafka-addr=internal://$(POD_NAME).redpanda-headless.streaming.svc.cluster.local:9092',
    );
    expect(readinessProbe).toMatchObject({
      exec: { command: ['sh', '-c', `curl -sf -m 5 http://127.0.0.1:9644/v1/status/ready | grep -q '"ready"'`] },
    });
  });

  it('is found under its own name by clients', () => {
    expect(objectOf(render().objects, 'Service', 'redpanda').spec).toMatchObject({
      ports: [{ name: 'kafka', port: 9092 }],
    });
  });

  it('refuses less than it starts with', () => {
    const broker = (resources: RedpandaBrokerProps['resources']) => () =>
      new RedpandaBroker(testApp().chart('streaming'), 'redpanda', { ...(resources && { resources }) });
    expect(broker({ cpu: '500m', memory: '2Gi' })).toThrow('resources.cpu is "500m", which is not at least one core');
    expect(broker({ cpu: '1', memory: '1Gi' })).toThrow('resources.memory is "1Gi", which is not at least 1.2 GiB');
  });
});
