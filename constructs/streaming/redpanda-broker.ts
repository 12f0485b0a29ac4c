import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { ContainerProps } from '../core/container';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { InvalidPropError } from '../core/errors';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { mebibytes, quantityValue } from '../core/quantity';
import { memoryLimitOf, type Resources } from '../core/resources';
import { Service } from '../core/service';
import { StatefulSet } from '../core/stateful-set';
import type { IEventStream } from '../core/stores';
import type { ITopicHost, StreamAccess, Topic, TopicProps } from '../core/topic';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { ExternalEventStream, type ExternalEventStreamProps } from './external-event-stream';
import { KafkaTopics } from './kafka-topics';
import { bootstrapConfig, nodeConfig } from './redpanda-config';

/** Options of a {@link RedpandaBroker}. */
export interface RedpandaBrokerProps extends ComponentProps {
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
  /** @default - Redpanda of the images table */
  readonly image?: string;
  /** Image of the Job that reconciles topics. @default - the worker image of this version */
  readonly jobImage?: string;
}

const configFolder = '/etc/redpanda';
const configSource = '/tmp/base-config';

/**
 * One Redpanda broker, without TLS or authentication: for a laptop, a thesis or a test. What it acknowledges is on its
 * volume; while it restarts, producers keep what they have.
 */
export class RedpandaBroker extends Component implements IEventStream, ITopicHost {
  /** A Kafka cluster that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalEventStreamProps): IEventStream {
    return new ExternalEventStream(scope, id, props);
  }

  readonly software = [images.redpanda];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Kafka protocol, port 9092. */
  readonly kafka: ServiceEndpoint;
  /** Admin API and metrics, port 9644. */
  readonly admin: ServiceEndpoint;
  private readonly topics: KafkaTopics;

  /** @throws {InvalidPropError} if the resources are less than Redpanda starts with */
  constructor(scope: Construct, id: string, props: RedpandaBrokerProps = {}) {
    super(scope, id, props);
    const broker = this.main(this.broker(props));
    const service = new Service(this, 'service', { workload: broker });
    this.kafka = service.endpoint({ name: 'kafka', port: ports.kafka });
    this.admin = broker.headless.endpoint({ name: 'admin', port: ports.redpandaAdmin, scheme: 'http' });
    broker.headless.endpoint({ name: 'kafka', port: ports.kafka });
    broker.headless.endpoint({ name: 'rpc', port: ports.redpandaRpc });
    this.scrapeTargets = [{ job: this.name, endpoint: this.admin, path: '/public_metrics' }];
    this.topics = new KafkaTopics(
      this,
      'topics',
      {
        ...this.common,
        name: `${this.name}-topics`,
        ...defined({ image: props.jobImage }),
      },
      this,
    );
  }

  topic(name: string, props: TopicProps): Topic {
    return this.topics.topic(name, props);
  }

  admit(workload: Workload): StreamAccess {
    return { kind: 'stream', brokers: [workload.connectTo(this.kafka).authority] };
  }

  acceptFrom(peers: readonly NetworkPeer[], reason: string): void {
    this.kafka.acceptFrom(peers, reason);
  }

  private broker(props: RedpandaBrokerProps): StatefulSet {
    const resources = props.resources ?? { cpu: '1', memory: '2560Mi' };
    const volume = props.volume ?? { size: Size.gibibytes(20) };
    const overprovisioned = props.overprovisioned ?? true;
    const retentionMs = (props.retention ?? Duration.days(1)).toMilliseconds();
    // A twentieth of the volume, and enough for a segment of every partition that is being written.
    const minFreeBytes = Math.max(256 * 2 ** 20, Math.floor((volume.size.toMebibytes() * 2 ** 20) / 20));
    const broker = new StatefulSet(this, 'broker', {
      ...this.common,
      name: this.name,
      role: 'broker',
      runAs: { user: 101 },
      gracePeriod: Duration.seconds(90),
      // Members of a cluster must find each other before they are ready.
      parallel: true,
      container: this.brokerContainer(props, resources, overprovisioned),
      initContainers: [
        {
          name: 'copy-config',
          image: images.redpanda,
          ...defined({ imageOverride: props.image }),
          command: ['cp', `${configSource}/redpanda.yaml`, `${configSource}/.bootstrap.yaml`, `${configFolder}/`],
          resources: { cpu: '50m', memory: '64Mi' },
        },
      ],
    });
    const config = broker.addConfig('config', [
      ConfigFile.yaml('redpanda.yaml', () => nodeConfig({ overprovisioned })),
      ConfigFile.yaml('.bootstrap.yaml', () => bootstrapConfig({ minFreeBytes, retentionMs })),
    ]);
    broker.mount(config, configSource, { containers: ['copy-config'] });
    // `rpk redpanda start` rewrites its configuration, which in a ConfigMap it could not.
    const writable = broker.addScratch('writable-config', Size.mebibytes(16));
    broker.mount(writable, configFolder, { containers: ['copy-config', this.name] });
    broker.mount(broker.addClaim('data', volume), '/var/lib/redpanda/data');
    return broker;
  }

  private brokerContainer(props: RedpandaBrokerProps, resources: Resources, overprovisioned: boolean): ContainerProps {
    const limit = memoryLimitOf(resources);
    const cores = Math.floor(quantityValue(`${this.node.path}.resources.cpu`, resources.cpu));
    const memory = mebibytes(`${this.node.path}.resources.memory`, limit, 0.9);
    if (cores < 1) throw new InvalidPropError(`${this.node.path}.resources.cpu`, resources.cpu, 'at least one core');
    if (memory < 1024) throw new InvalidPropError(`${this.node.path}.resources.memory`, limit, 'at least 1.2 GiB');
    const { namespace } = this;
    const pod = `$(POD_NAME).${this.name}-headless.${namespace}.svc.${Platform.of(this).cluster.domain}`;
    const status = `http://127.0.0.1:${ports.redpandaAdmin}/v1/status/ready`;
    // That route always answers 200; whether the broker is ready is in the body.
    const ready = ['sh', '-c', `curl -sf -m 5 ${status} | grep -q '"ready"'`];
    return {
      image: images.redpanda,
      ...defined({ imageOverride: props.image }),
      command: [
        'rpk',
        'redpanda',
        'start',
        `--smp=${cores}`,
        // A tenth of the limit is for what is not the broker's own allocator, so nothing more is reserved.
        `--memory=${memory}M`,
        '--reserve-memory=0M',
        ...(overprovisioned ? ['--overprovisioned'] : []),
        '--default-log-level=info',
        `--advertise-kafka-addr=internal://${pod}:${ports.kafka}`,
        `--advertise-rpc-addr=${pod}:${ports.redpandaRpc}`,
      ],
      envFrom: { POD_NAME: PodField.podName },
      resources,
      // Whether the broker runs on a read-only root is nowhere said, so it is not asked to.
      writableRoot: true,
      startup: Probe.command(ready, { failures: 120, timeout: Duration.seconds(6) }),
      readiness: Probe.command(ready, { timeout: Duration.seconds(6) }),
      liveness: Probe.http('admin', '/v1/status/ready', { timeout: Duration.seconds(10) }),
    };
  }
}
