import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports, type TopicsJob } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ContainerProps } from '../core/container';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import type { ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { SpreadProps } from '../core/replicated-workload';
import type { PlatformJob } from '../core/platform-job';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import type { SecretRef } from '../core/secret-ref';
import type { SecretSource } from '../core/secret-source';
import type { ServerDescription, ServerProps } from '../core/server-description';
import type { IEventStream } from '../core/stores';
import type { StreamAccess, Topic, TopicProps } from '../core/topic';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { ExternalEventStream, type ExternalEventStreamProps } from './external-event-stream';
import { aclsOf } from './kafka-acls';
import { KafkaTopics, type IReconciledHost } from './kafka-topics';
import { credentialsOf, KafkaUsers } from './kafka-users';
import { clusterProperties, nodeConfig, replication, type ClusterProperties } from './redpanda-config';
import { copyConfig, copyConfigName } from './redpanda-copy-config';
import { maintenanceFile, maintenanceHooks, maintenanceScript } from './redpanda-maintenance';
import { startCommand } from './redpanda-start';
import { redpandaAlerts } from './redpanda-alerts';
import { redpandaDashboard } from './redpanda-dashboard';
import { RedpandaTieredStorage, type TieredStorageProps } from './redpanda-tiered-storage';

/** Options of a {@link RedpandaBroker}. */
export interface RedpandaBrokerProps extends ComponentProps, ServerProps {
  /**
   * Members of the cluster: one, or an odd number, each on a node of its own. Of three, one may be away. Five carry more, and hold three copies
   * of each partition, too. They never become fewer by this number: `docs/how-to/grow-the-broker.md`.
   *
   * @default 1
   */
  readonly brokers?: number;
  /**
   * Whether a broker rather waits for a node than be in a zone that has one more than others already. `required` where the loss of a zone
   * must not cost a majority; every node that brokers may run on then has to have the label `topology.kubernetes.io/zone`.
   *
   * @default 'preferred'
   */
  readonly zones?: SpreadProps['zones'];
  /** Of each broker. XFS or ext4, never NFS. @default 20 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** Of each broker. Whole cores; memory requested and limited alike. @default 1 core and 2.5 GiB */
  readonly resources?: Resources;
  /**
   * Whether the cores are shared with other pods, so that the broker must not spin on them.
   *
   * @default true
   */
  readonly overprovisioned?: boolean;
  /** How long records are kept by topics that do not say. @default Duration.days(1) */
  readonly retention?: Duration;
  /**
   * Who makes the users of workloads, who may then do what they were granted and no more. SCRAM-SHA-256.
   *
   * @default - whoever reaches the broker may do everything
   */
  readonly users?: SecretSource;
  /**
   * Users at this broker that others made, who are not touched. Any other that others made is left, too, and told of in the log of the
   * Job that makes users and rights, unless it is to {@link prune}.
   *
   * @default - there are none
   */
  readonly keptUsers?: readonly string[];
  /**
   * Whether nobody may be a user or have a right but who was granted something, and {@link keptUsers}: what others made is removed.
   *
   * @default false
   */
  readonly prune?: boolean;
  /**
   * Keeps what volumes do not hold in a bucket: every topic, as long as it says, of which volumes have the newest part. It needs an enterprise
   * licence of Redpanda. A cluster that is there is started again once after it was turned on, and is told by hand that it is turned
   * off: `docs/how-to/grow-the-broker.md`.
   *
   * @default - volumes hold everything
   */
  readonly tieredStorage?: TieredStorageProps;
  /** Image of the Job that reconciles topics. @default - the worker image of this version */
  readonly jobImage?: string;
}

const configFolder = '/etc/redpanda';
const configSource = '/tmp/base-config';
const superuser = 'admin';

/**
 * A Redpanda of one broker or of several. One is for a laptop, a thesis or a test: what it acknowledges is on its volume; while it restarts,
 * producers keep what they have. Of three, each holds every partition, what is acknowledged is on two of them, and one may restart,
 * move or be lost without anybody waiting. It is encrypted where servers of the platform are, between brokers too.
 */
export class RedpandaBroker extends Component implements IEventStream, IReconciledHost {
  /** A Kafka cluster that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalEventStreamProps): IEventStream {
    return new ExternalEventStream(scope, id, props);
  }

  readonly software = [images.redpanda];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  /** Brokers that hold each partition of a topic that does not say. */
  readonly replicationFactor: number;
  override readonly dashboards: readonly Dashboard[];
  /** Kafka protocol, port 9092. */
  readonly kafka: ServiceEndpoint;
  /** Admin API and metrics, port 9644. */
  readonly admin: ServiceEndpoint;
  private readonly topics: KafkaTopics;
  private readonly users: KafkaUsers | undefined;
  private readonly administrator: SecretRef | undefined;
  private readonly properties: ClusterProperties;
  private readonly tieredStorage: RedpandaTieredStorage | undefined;
  private readonly brokers: number;

  /** @throws {InvalidPropError} if brokers are no odd number, the resources are less than Redpanda starts with, or it cannot reach the bucket */
  constructor(scope: Construct, id: string, props: RedpandaBrokerProps = {}) {
    super(scope, id, props);
    const { name, namespace } = this;
    const { brokers = 1 } = props;
    if (!Number.isSafeInteger(brokers) || brokers < 1 || brokers % 2 === 0)
      throw new InvalidPropError(
        `${this.node.path}.brokers`,
        brokers,
        'an odd number: half of an even one is no majority',
      );
    this.brokers = brokers;
    this.replicationFactor = replication(brokers);
    this.alerts = redpandaAlerts(name, brokers, props.tieredStorage !== undefined);
    this.dashboards = [redpandaDashboard(name, brokers)];
    this.users = props.users && new KafkaUsers(this, 'users', { stream: name, source: props.users, namespace });
    this.administrator = this.users?.user(superuser, namespace);
    const volume = props.volume ?? { size: Size.gibibytes(20) };
    const { workload, endpoints, scrapeTargets } = this.broker(props, volume);
    this.tieredStorage =
      props.tieredStorage &&
      new RedpandaTieredStorage(this, `${this.node.path}.tieredStorage`, workload, props.tieredStorage);
    this.properties = {
      ...clusterProperties({
        // A twentieth of the volume, and enough for a segment of every partition that is being written.
        minFreeBytes: Math.max(256 * 2 ** 20, Math.floor((volume.size.toMebibytes() * 2 ** 20) / 20)),
        retentionMs: (props.retention ?? Duration.days(1)).toMilliseconds(),
        brokers,
        ...defined({ superuser: this.users && superuser }),
      }),
      ...this.tieredStorage?.properties,
    };
    this.kafka = endpoints.kafka;
    this.admin = endpoints.admin;
    this.scrapeTargets = scrapeTargets;
    const job = { ...this.common, name: `${name}-topics`, ...defined({ image: props.jobImage }) };
    const kept = [superuser, ...(props.keptUsers ?? [])];
    this.topics = new KafkaTopics(
      this,
      'topics',
      { ...job, besides: (topics) => this.besides(topics, { keptUsers: kept, ...defined({ prune: props.prune }) }) },
      this,
    );
  }

  /** @throws {InvalidPropError} if there are fewer brokers than are to hold a partition, or an even number is to */
  topic(name: string, props: TopicProps): Topic {
    const { replicationFactor = this.replicationFactor } = props;
    if (replicationFactor > this.brokers || replicationFactor % 2 === 0)
      throw new InvalidPropError(`${name}.replicationFactor`, replicationFactor, `an odd number up to ${this.brokers}`);
    return this.topics.topic(name, props);
  }

  /** @throws {DuplicateNameError} if a workload of the same name in another namespace is a user already */
  admit(workload: Workload): StreamAccess {
    return this.access(workload, this.users?.of(workload));
  }

  acceptFrom(peers: readonly NetworkPeer[], reason: string): void {
    this.kafka.acceptFrom(peers, reason);
  }

  /** As the superuser, who makes the other users. */
  admitReconciler(job: PlatformJob): void {
    job.use(this.access(job, this.administrator));
    job.trust(job.connectTo(this.admin));
    this.tieredStorage?.mountInto(job);
    this.users?.tell((name, secret) => job.mount(job.addSecret(`user-${name}`, secret), userDirectory(name)));
  }

  private access(workload: Workload, user: SecretRef | undefined): StreamAccess {
    const { authority, tls } = workload.connectTo(this.kafka);
    return {
      kind: 'stream',
      brokers: [authority],
      ...defined({ tls, credentials: user && credentialsOf(user) }),
    };
  }

  private besides(topics: readonly Topic[], scope: Pick<TopicsJob, 'keptUsers' | 'prune'>): Omit<TopicsJob, 'topics'> {
    return {
      ...(this.users && { acls: aclsOf(topics), ...scope }),
      redpanda: {
        adminEndpoint: this.admin.address,
        properties: this.properties,
        users: (this.users?.names ?? []).map((name) => ({ name, directory: userDirectory(name) })),
        ...defined({ tieredStorage: this.tieredStorage?.settings }),
      },
    };
  }

  private broker(props: RedpandaBrokerProps, volume: ClaimProps) {
    const resources = props.resources ?? { cpu: '1', memory: '2560Mi' };
    const overprovisioned = props.overprovisioned ?? true;
    const { name, namespace, tls, brokers } = this;
    const domain = `${name}-headless.${namespace}.svc.${Platform.of(this).cluster.domain}`;
    const members =
      brokers === 1 ? [] : Array.from({ length: brokers }, (_, ordinal) => `${name}-${ordinal}.${domain}`);
    const api = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${ports.redpandaAdmin}`;
    // No certificate is for this address.
    const status = `curl ${tls === undefined ? '-sf' : '-skf'} -m 5 ${api}`;
    // That route always answers 200; whether the broker is ready is in the body.
    const ready = ['sh', '-c', `${status}/v1/status/ready | grep -q '"ready"'`];
    const authenticates = this.users !== undefined;
    const description: ServerDescription<'kafka' | 'admin' | 'rpc'> = {
      image: images.redpanda,
      user: 101,
      role: 'broker',
      command: startCommand({ prop: this.node.path, resources, overprovisioned, pod: `$(POD_NAME).${domain}` }),
      ...this.bootstrapUser(),
      resources,
      // Whether the broker runs on a read-only root is nowhere said, so it is not asked to.
      writableRoot: true,
      ports: {
        kafka: { port: ports.kafka, byPod: true, tls: true },
        admin: { port: ports.redpandaAdmin, scheme: 'http', metrics: '/public_metrics', forClients: false, tls: true },
        rpc: { port: ports.redpandaRpc, forClients: false, tls: true },
      },
      probes: {
        startup: Probe.command(ready, { failures: 120, timeout: Duration.seconds(6) }),
        ready: Probe.command(ready, { timeout: Duration.seconds(6) }),
        alive: Probe.http('admin', '/v1/status/ready', { timeout: Duration.seconds(10) }),
      },
      initContainers: [this.copyConfig(props)],
      files: {
        path: configSource,
        containers: [copyConfigName],
        files: [
          ConfigFile.yaml('redpanda.yaml', () =>
            nodeConfig({
              overprovisioned,
              authenticates,
              members,
              ...defined({ tls: tls && { ...tls, ...authority } }),
            }),
          ),
          ConfigFile.yaml('.bootstrap.yaml', () => this.properties),
          ...(brokers > 1 ? [ConfigFile.written(maintenanceFile, () => ({ api }), maintenanceScript)] : []),
        ],
      },
      // `rpk redpanda start` rewrites its configuration, which in a ConfigMap it could not.
      scratch: {
        'writable-config': { path: configFolder, size: Size.mebibytes(16), containers: [copyConfigName, name] },
      },
      claims: { data: { path: '/var/lib/redpanda/data', ...volume } },
      // Members of a cluster must find each other before they are ready.
      parallel: true,
      gracePeriod: Duration.seconds(90),
      // One alone has nobody to hand over to.
      ...defined({ lifecycle: brokers > 1 ? maintenanceHooks(configFolder) : undefined }),
    };
    const spread = { nodes: 'required', ...defined({ zones: props.zones }) } as const;
    const server = this.statefulSet('broker', props, description, { replicas: brokers, quorum: true, spread });
    const { workload, endpoints } = server;
    const authority = defined({ caFile: brokers > 1 ? workload.connectTo(endpoints.rpc).tls?.caFile : undefined });
    return server;
  }

  /** The first user is made when the cluster starts for the first time, before there is anybody to make one. */
  private bootstrapUser(): Required<Pick<ContainerProps, 'env' | 'envFrom'>> {
    const pod = { POD_NAME: PodField.podName };
    if (this.administrator === undefined) return { env: {}, envFrom: pod };
    const { username, password } = credentialsOf(this.administrator);
    return {
      env: { RP_BOOTSTRAP_USER: '$(ADMIN_USERNAME):$(ADMIN_PASSWORD):SCRAM-SHA-256' },
      envFrom: { ...pod, ADMIN_USERNAME: username, ADMIN_PASSWORD: password },
    };
  }

  private copyConfig({ image, tieredStorage }: RedpandaBrokerProps): ContainerProps {
    return copyConfig({
      from: configSource,
      to: configFolder,
      files: ['redpanda.yaml', '.bootstrap.yaml', ...(this.brokers > 1 ? [maintenanceFile] : [])],
      ...defined({ image, secretProperties: tieredStorage && (() => this.tieredStorage?.secretProperties ?? {}) }),
    });
  }
}

function userDirectory(name: string): string {
  return `/run/users/${name}`;
}
