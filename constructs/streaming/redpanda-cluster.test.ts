import { parse } from 'yaml';
import type { TopicsJob } from '../contracts';
import { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { defined } from '../core/defined';
import { Deployment } from '../core/deployment';
import type { PlatformAppProps } from '../core/platform-app';
import { Probe } from '../core/probe';
import { SecretSource } from '../core/secret-source';
import { ServerCertificate } from '../core/server-tls';
import { use } from '../core/use';
import { images } from '../images';
import { ObjectStore } from '../storage/object-store';
import {
  containerOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
} from '../testing';
import { RedpandaBroker, type RedpandaBrokerProps } from './redpanda-broker';

const encrypted = { tls: { ca: 'platform-ca' } };
const given = ['anomaly', 'streaming'].map((namespace) => givenSecret(namespace, 'platform-ca'));

/** A cluster with a topic, and a client in another namespace. */
function cluster(props: RedpandaBrokerProps = {}, app: Partial<PlatformAppProps> = {}) {
  const platform = testApp(app);
  const broker = new RedpandaBroker(platform.chart('streaming'), 'redpanda', { brokers: 3, ...props });
  const topic = broker.topic('orders', { partitions: 3 });
  const client = new Deployment(platform.chart('anomaly'), 'client', {
    name: 'client',
    instance: 'client',
    runAs: { user: 1000 },
    container: {
      image: images.workers,
      resources: { cpu: '100m', memory: '64Mi' },
      readiness: Probe.command(['true']),
      liveness: Probe.command(['true']),
    },
  });
  const access = topic.grantConsume(client, 'billing');
  use(client, access);
  return { app: platform, broker, access, objects: renderApp(platform) };
}

type Objects = ReturnType<typeof cluster>['objects'];
const nodeConfigOf = (objects: Objects) =>
  (parse(fileOf(objects, 'redpanda-config', 'redpanda.yaml')) as { readonly redpanda: Record<string, unknown> })
    .redpanda;
const bootstrapOf = (objects: Objects) =>
  parse(fileOf(objects, 'redpanda-config', '.bootstrap.yaml')) as Record<string, unknown>;
const topicsOf = (objects: Objects) =>
  (JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob).topics;
const hostOf = (ordinal: number) => `redpanda-${ordinal}.redpanda-headless.streaming.svc.cluster.local`;

describe('A Redpanda of several brokers', () => {
  it.each([[{}], [encrypted]])('keeps every invariant, in %j', (platform) => {
    const { app } = cluster({ users: SecretSource.generated() }, platform);
    const certificates = ServerCertificate.all(app).map((each) => givenSecret(each.namespace, each.secretName));
    expect(violationsOf(app, { given: 'tls' in platform ? [...given, ...certificates] : [] })).toEqual([]);
  });

  it.each([3, 5])('forms one cluster of %d in whatever order they start', (brokers) => {
    const { objects } = cluster({ brokers });
    const { seed_servers: seeds, empty_seed_starts_cluster: alone } = nodeConfigOf(objects);
    // One file for all, in which every one of them is: who does not reach the others waits and begins nothing of its own.
    expect(alone).toBe(false);
    const all = Array.from({ length: brokers }, (_, ordinal) => ({ host: { address: hostOf(ordinal), port: 33145 } }));
    expect(seeds).toEqual(all);
    const { replicas, podManagementPolicy, serviceName } = objectOf(objects, 'StatefulSet', 'redpanda').spec;
    expect({ replicas, podManagementPolicy, serviceName }).toEqual({
      replicas: brokers,
      podManagementPolicy: 'Parallel',
      serviceName: 'redpanda-headless',
    });
    const headless = objectOf(objects, 'Service', 'redpanda-headless').spec;
    expect(headless).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(headless.ports).toContainEqual(expect.objectContaining({ name: 'rpc', port: 33145 }));
  });

  it('keeps a majority while one is moved: never two on a node, one moved at a time', () => {
    const { objects } = cluster();
    expect(objectOf(objects, 'PodDisruptionBudget', 'redpanda').spec).toMatchObject({ maxUnavailable: 1 });
    const { spec } = podTemplateOf(objects, 'StatefulSet', 'redpanda');
    const labelSelector = objectOf(objects, 'StatefulSet', 'redpanda').spec.selector;
    expect(spec.affinity).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
      },
    });
    const zone = { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, labelSelector };
    expect(spec.topologySpreadConstraints).toEqual([{ ...zone, whenUnsatisfiable: 'ScheduleAnyway' }]);
    const strict = podTemplateOf(cluster({ zones: 'required' }).objects, 'StatefulSet', 'redpanda').spec;
    expect(strict.topologySpreadConstraints).toEqual([{ ...zone, whenUnsatisfiable: 'DoNotSchedule' }]);
  });

  it('stays apart with affinities that it is given', () => {
    const podAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
    const other = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [other] };
    const { objects } = cluster({ pod: { affinity: { podAffinity, podAntiAffinity } } });
    const { affinity } = podTemplateOf(objects, 'StatefulSet', 'redpanda').spec as {
      readonly affinity?: {
        readonly podAffinity: object;
        readonly podAntiAffinity: { readonly requiredDuringSchedulingIgnoredDuringExecution: readonly object[] };
      };
    };
    expect(affinity?.podAffinity).toEqual(podAffinity);
    expect(affinity?.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toHaveLength(2);
    expect(affinity?.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toContainEqual(other);
  });

  it('holds every partition three times, of topics that do not say', () => {
    for (const [brokers, copies] of [
      [1, 1],
      [3, 3],
      [5, 3],
    ] as const) {
      const { objects } = cluster({ brokers });
      expect(bootstrapOf(objects).default_topic_replications).toBe(copies);
      expect(topicsOf(objects)).toEqual([expect.objectContaining({ name: 'orders', replicationFactor: copies })]);
    }
  });

  it('holds those of the pipeline so, too, without being told', () => {
    const app = testApp();
    const store = new ObjectStore(app.chart('storage'), 'objects');
    new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
      stream: new RedpandaBroker(app.chart('streaming'), 'redpanda', { brokers: 3 }),
      anomalies: store.bucket('anomalies'),
      models: store.bucket('models'),
    });
    const copies = topicsOf(renderApp(app)).map(({ replicationFactor }) => replicationFactor);
    expect(new Set(copies)).toEqual(new Set([3]));
  });

  it('is asked to balance by what needs no licence', () => {
    expect(bootstrapOf(cluster().objects).partition_autobalancing_mode).toBe('node_add');
    expect(bootstrapOf(cluster({ brokers: 1 }).objects)).not.toHaveProperty('partition_autobalancing_mode');
  });

  it('hands over before it stops and leads again when it has started, in bounded time and without failing', () => {
    const { lifecycle } = containerOf(cluster().objects, 'StatefulSet', 'redpanda') as {
      readonly lifecycle?: Record<'postStart' | 'preStop', { readonly exec: { readonly command: readonly string[] } }>;
    };
    expect(lifecycle?.preStop.exec.command.at(-1)).toMatch(/^timeout 45 bash \S+\/maintenance\.sh enter .*; true$/);
    expect(lifecycle?.postStart.exec.command.at(-1)).toMatch(
      /^timeout 1200 bash \S+\/maintenance\.sh leave .* & true$/,
    );
    const template = podTemplateOf(cluster().objects, 'StatefulSet', 'redpanda');
    expect(template.spec.terminationGracePeriodSeconds).toBe(90);
    expect(template.spec.initContainers?.[0]?.command).toContain('/tmp/base-config/maintenance.sh');
    const one = cluster({ brokers: 1 }).objects;
    expect(containerOf(one, 'StatefulSet', 'redpanda')).not.toHaveProperty('lifecycle');
    expect(objectOf(one, 'ConfigMap', 'redpanda-config').data).not.toHaveProperty(['maintenance.sh']);
  });

  it('speaks to its own admin API as that is spoken to', () => {
    const api = (objects: Objects) => /api='(.*)'/.exec(fileOf(objects, 'redpanda-config', 'maintenance.sh'))?.[1];
    expect(api(cluster().objects)).toBe('http://127.0.0.1:9644');
    expect(api(cluster({}, encrypted).objects)).toBe('https://127.0.0.1:9644');
  });

  it('encrypts what brokers say to each other where servers of the platform do', () => {
    expect(nodeConfigOf(cluster().objects)).not.toHaveProperty('rpc_server_tls');
    expect(nodeConfigOf(cluster({ brokers: 1 }, encrypted).objects)).not.toHaveProperty('rpc_server_tls');
    const { objects } = cluster({}, encrypted);
    const { rpc_server_tls: tls } = nodeConfigOf(objects) as { readonly rpc_server_tls: Record<string, string> };
    expect(tls).toMatchObject({ enabled: true, require_client_auth: false });
    // Every file that it names is mounted.
    const { volumeMounts } = containerOf(objects, 'StatefulSet', 'redpanda') as {
      readonly volumeMounts?: readonly { readonly mountPath: string }[];
    };
    const mounted = volumeMounts?.map(({ mountPath }) => mountPath) ?? [];
    for (const file of [tls.cert_file, tls.key_file, tls.truststore_file])
      expect(mounted).toContain(file?.replace(/\/[^/]+$/, ''));
  });

  it('tells of brokers and replicas that are missing, which one alone has not', () => {
    const names = (brokers: number) => cluster({ brokers }).broker.alerts.map(({ name }) => name);
    expect(names(3).filter((name) => !names(1).includes(name))).toEqual([
      'RedpandaBrokersMissing',
      'RedpandaReplicasBehind',
    ]);
    const { alerts, dashboards } = cluster({ brokers: 5 }).broker;
    expect(alerts.find(({ name }) => name === 'RedpandaBrokersMissing')?.expr).toContain('< 5 and');
    expect(JSON.stringify(dashboards)).toContain('5 - sum by (job) (up{');
  });

  it('refuses what is no majority, and topics that it cannot hold', () => {
    for (const brokers of [0, 2, 4, 2.5])
      expect(() => cluster({ brokers })).toThrow(`redpanda.brokers is ${brokers}, which is not an odd number`);
    const { broker } = cluster();
    for (const replicationFactor of [2, 5])
      expect(() => broker.topic('more', { partitions: 1, replicationFactor })).toThrow('not an odd number up to 3');
  });
});

describe('Clients of several brokers', () => {
  it('begin at one name, and are sent on to each broker by a name that their policy lets them to', () => {
    const { objects, access } = cluster({ users: SecretSource.generated() }, encrypted);
    expect(access.brokers).toEqual(['redpanda.streaming.svc.cluster.local:9092']);
    const { command } = containerOf(objects, 'StatefulSet', 'redpanda');
    expect(command).toContain(
      '--advertise-kafka-addr=internal://$(POD_NAME).redpanda-headless.streaming.svc.cluster.local:9092',
    );
    // The name is one of the headless Service, whose pods are those that the client's policy names, and who let it in.
    const { metadata } = podTemplateOf(objects, 'StatefulSet', 'redpanda');
    const headless = objectOf(objects, 'Service', 'redpanda-headless').spec;
    expect(headless.ports).toContainEqual(expect.objectContaining({ name: 'kafka', port: 9092 }));
    expect(metadata.labels).toMatchObject(headless.selector as object);
    const podSelector = { matchLabels: headless.selector };
    const ports = [{ port: 9092, protocol: 'TCP' }];
    expect(objectOf(objects, 'NetworkPolicy', 'client').spec.egress).toContainEqual({
      to: [expect.objectContaining({ podSelector })],
      ports,
    });
    expect(objectOf(objects, 'NetworkPolicy', 'redpanda').spec.ingress).toContainEqual({
      from: expect.arrayContaining([
        expect.objectContaining({
          podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/name': 'client' }) as object },
        }),
      ]) as object,
      ports,
    });
  });

  it('find the certificate good for each of them, brokers among each other, too', () => {
    const { app } = cluster({}, encrypted);
    const names = ServerCertificate.all(app).find(({ secretName }) => secretName === 'redpanda-tls')?.dnsNames ?? [];
    const matches = (host: string) => names.some((name) => name === host || host.replace(/^[^.]+/, '*') === name);
    for (const host of ['redpanda.streaming.svc.cluster.local', hostOf(0), hostOf(1), hostOf(2)])
      expect([host, matches(host)]).toEqual([host, true]);
  });

  it('are not let to the port at which brokers speak to each other', () => {
    const { objects } = cluster();
    const { ingress, egress } = objectOf(objects, 'NetworkPolicy', 'redpanda').spec as {
      readonly ingress: readonly { readonly ports: readonly { readonly port: number }[]; readonly from: object }[];
      readonly egress: readonly { readonly ports: readonly { readonly port: number }[]; readonly to: object }[];
    };
    const own = objectOf(objects, 'StatefulSet', 'redpanda').spec.selector;
    const at = (port: number) => (rule: { readonly ports: readonly { readonly port: number }[] }) =>
      rule.ports.some((each) => each.port === port);
    expect(ingress.filter(at(33145)).map(({ from }) => from)).toEqual([
      [expect.objectContaining({ podSelector: own })],
    ]);
    expect(egress.filter(at(33145)).map(({ to }) => to)).toEqual([[expect.objectContaining({ podSelector: own })]]);
    const alone = objectOf(cluster({ brokers: 1 }).objects, 'NetworkPolicy', 'redpanda').spec;
    expect(JSON.stringify(alone)).not.toContain('33145');
  });

  it('of others hold partitions as often as those say', () => {
    const copies = (replicationFactor?: number) => {
      const app = testApp();
      const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
        brokers: ['kafka.example.org:9092'],
        ...defined({ replicationFactor }),
      });
      return stream.topic('orders', { partitions: 3 }).replicationFactor;
    };
    expect([copies(), copies(3)]).toEqual([1, 3]);
  });
});
