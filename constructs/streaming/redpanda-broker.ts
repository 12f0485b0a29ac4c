import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports, type TopicsJob } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ContainerProps } from '../core/container';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { PlatformJob } from '../core/platform-job';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import type { SecretRef } from '../core/secret-ref';
import type { SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import type { IEventStream } from '../core/stores';
import type { StreamAccess, Topic, TopicProps } from '../core/topic';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { ExternalEventStream, type ExternalEventStreamProps } from './external-event-stream';
import { aclsOf } from './kafka-acls';
import { KafkaTopics, type IReconciledHost } from './kafka-topics';
import { credentialsOf, KafkaUsers } from './kafka-users';
import { clusterProperties, nodeConfig, type ClusterProperties } from './redpanda-config';
import { startCommand } from './redpanda-start';
import { redpandaAlerts } from './redpanda-alerts';
import { redpandaDashboard } from './redpanda-dashboard';

/** Options of a {@link RedpandaBroker}. */
export interface RedpandaBrokerProps extends ComponentProps, ServerProps {
  /** XFS or ext4, never NFS. @default 20 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** Whole cores; memory requested and limited alike. @default 1 core and 2.5 GiB */
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
   * Users at this broker that others made. The Job that makes users and rights leaves them alone, and removes every other that was
   * granted nothing.
   *
   * @default - there are none
   */
  readonly keptUsers?: readonly string[];
  /** Image of the Job that reconciles topics. @default - the worker image of this version */
  readonly jobImage?: string;
}

const configFolder = '/etc/redpanda';
const configSource = '/tmp/base-config';
const superuser = 'admin';

/**
 * One Redpanda broker: for a laptop, a thesis or a test. What it acknowledges is on its volume; while it restarts, producers
 * keep what they have. It is encrypted where servers of the platform are.
 */
export class RedpandaBroker extends Component implements IEventStream, IReconciledHost {
  /** A Kafka cluster that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalEventStreamProps): IEventStream {
    return new ExternalEventStream(scope, id, props);
  }

  readonly software = [images.redpanda];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts = redpandaAlerts(this.name);
  override readonly dashboards = [redpandaDashboard(this.name)];
  /** Kafka protocol, port 9092. */
  readonly kafka: ServiceEndpoint;
  /** Admin API and metrics, port 9644. */
  readonly admin: ServiceEndpoint;
  private readonly topics: KafkaTopics;
  private readonly users: KafkaUsers | undefined;
  private readonly administrator: SecretRef | undefined;
  private readonly properties: ClusterProperties;

  /** @throws {InvalidPropError} if the resources are less than Redpanda starts with */
  constructor(scope: Construct, id: string, props: RedpandaBrokerProps = {}) {
    super(scope, id, props);
    const { name, namespace } = this;
    this.users = props.users && new KafkaUsers(this, 'users', { stream: name, source: props.users, namespace });
    this.administrator = this.users?.user(superuser, namespace);
    const volume = props.volume ?? { size: Size.gibibytes(20) };
    this.properties = clusterProperties({
      // A twentieth of the volume, and enough for a segment of every partition that is being written.
      minFreeBytes: Math.max(256 * 2 ** 20, Math.floor((volume.size.toMebibytes() * 2 ** 20) / 20)),
      retentionMs: (props.retention ?? Duration.days(1)).toMilliseconds(),
      ...defined({ superuser: this.users && superuser }),
    });
    const { endpoints, scrapeTargets } = this.broker(props, volume);
    this.kafka = endpoints.kafka;
    this.admin = endpoints.admin;
    this.scrapeTargets = scrapeTargets;
    const job = { ...this.common, name: `${name}-topics`, ...defined({ image: props.jobImage }) };
    const kept = [superuser, ...(props.keptUsers ?? [])];
    this.topics = new KafkaTopics(this, 'topics', { ...job, besides: (topics) => this.besides(topics, kept) }, this);
  }

  topic(name: string, props: TopicProps): Topic {
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

  private besides(topics: readonly Topic[], keptUsers: readonly string[]): Omit<TopicsJob, 'topics'> {
    return {
      ...(this.users && { acls: aclsOf(topics), keptUsers }),
      redpanda: {
        adminEndpoint: this.admin.address,
        properties: this.properties,
        users: (this.users?.names ?? []).map((name) => ({ name, directory: userDirectory(name) })),
      },
    };
  }

  private broker(props: RedpandaBrokerProps, volume: ClaimProps) {
    const resources = props.resources ?? { cpu: '1', memory: '2560Mi' };
    const overprovisioned = props.overprovisioned ?? true;
    const { name, namespace, tls } = this;
    const pod = `$(POD_NAME).${name}-headless.${namespace}.svc.${Platform.of(this).cluster.domain}`;
    // No certificate is for this address.
    const status = `${tls === undefined ? 'curl -sf -m 5 http' : 'curl -skf -m 5 https'}://127.0.0.1:${ports.redpandaAdmin}`;
    // That route always answers 200; whether the broker is ready is in the body.
    const ready = ['sh', '-c', `${status}/v1/status/ready | grep -q '"ready"'`];
    const authenticates = this.users !== undefined;
    return this.statefulSet('broker', props, {
      image: images.redpanda,
      user: 101,
      role: 'broker',
      command: startCommand({ prop: this.node.path, resources, overprovisioned, pod }),
      ...this.bootstrapUser(),
      resources,
      // Whether the broker runs on a read-only root is nowhere said, so it is not asked to.
      writableRoot: true,
      ports: {
        kafka: { port: ports.kafka, byPod: true, tls: true },
        admin: { port: ports.redpandaAdmin, scheme: 'http', metrics: '/public_metrics', forClients: false, tls: true },
        rpc: { port: ports.redpandaRpc, forClients: false },
      },
      probes: {
        startup: Probe.command(ready, { failures: 120, timeout: Duration.seconds(6) }),
        ready: Probe.command(ready, { timeout: Duration.seconds(6) }),
        alive: Probe.http('admin', '/v1/status/ready', { timeout: Duration.seconds(10) }),
      },
      initContainers: [this.copyConfig(props)],
      files: {
        path: configSource,
        containers: ['copy-config'],
        files: [
          ConfigFile.yaml('redpanda.yaml', () => nodeConfig({ overprovisioned, authenticates, ...defined({ tls }) })),
          ConfigFile.yaml('.bootstrap.yaml', () => this.properties),
        ],
      },
      // `rpk redpanda start` rewrites its configuration, which in a ConfigMap it could not.
      scratch: {
        'writable-config': { path: configFolder, size: Size.mebibytes(16), containers: ['copy-config', name] },
      },
      claims: { data: { path: '/var/lib/redpanda/data', ...volume } },
      // Members of a cluster must find each other before they are ready.
      parallel: true,
      gracePeriod: Duration.seconds(90),
    });
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

  private copyConfig(props: RedpandaBrokerProps): ContainerProps {
    return {
      name: 'copy-config',
      image: images.redpanda,
      ...defined({ imageOverride: props.image }),
      command: ['cp', `${configSource}/redpanda.yaml`, `${configSource}/.bootstrap.yaml`, `${configFolder}/`],
      resources: { cpu: '50m', memory: '64Mi' },
    };
  }
}

function userDirectory(name: string): string {
  return `/run/users/${name}`;
}
