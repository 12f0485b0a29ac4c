import { Construct } from 'constructs';
import type { TlsProps } from '../core/connection';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { SecretSource } from '../core/secret-source';
import type { IEventStream } from '../core/stores';
import type { PlatformJob } from '../core/platform-job';
import type { StreamAccess, Topic, TopicProps } from '../core/topic';
import type { Workload } from '../core/workload';
import { KafkaTopics, type IReconciledHost } from './kafka-topics';
import { credentialsOf, KafkaUsers } from './kafka-users';

/** Options of {@link RedpandaBroker.fromExternal}. */
export interface ExternalEventStreamProps {
  /** `host:port` of brokers; every broker that clients are sent on to must be within {@link ranges}. */
  readonly brokers: readonly string[];
  /** Address ranges of the brokers. @default - any address */
  readonly ranges?: readonly string[];
  /**
   * Whether our Job makes topics and settles their settings; else they are taken to be there as they should be.
   *
   * @default true
   */
  readonly reconcile?: boolean;
  /** Brokers that hold each partition of a topic that does not say. @default 1 */
  readonly replicationFactor?: number;
  /** @default - plain text */
  readonly tls?: TlsProps;
  /**
   * Where users of workloads come from: a Secret `<workload>-<id>-kafka` with `username` and `password` in each namespace.
   * SCRAM-SHA-256.
   *
   * @default - the brokers have no authentication
   */
  readonly users?: SecretSource;
}

/** A Kafka cluster that is not ours. Topics are reconciled there by our Job, unless they are not to be. */
export class ExternalEventStream extends Construct implements IEventStream, IReconciledHost {
  readonly replicationFactor: number;
  private readonly endpoints: readonly Endpoint[];
  private readonly topics: KafkaTopics;
  private readonly users: KafkaUsers | undefined;

  /** @throws {InvalidPropError} if no broker is given, or one is no `host:port` */
  constructor(scope: Construct, id: string, props: ExternalEventStreamProps) {
    super(scope, id);
    const { brokers, ranges, reconcile, replicationFactor = 1, tls, users } = props;
    this.replicationFactor = replicationFactor;
    this.users = users && new KafkaUsers(this, 'users', { stream: id, source: users });
    if (brokers.length === 0) throw new InvalidPropError('ExternalEventStream.brokers', brokers, 'a list of brokers');
    this.endpoints = brokers.map((broker) => {
      const [, host, port] = /^([\w.-]+):(\d{1,5})$/.exec(broker) ?? [];
      if (host === undefined) throw new InvalidPropError('ExternalEventStream.brokers', broker, 'host:port');
      return Endpoint.external(host, Number(port), {
        ...defined({ ranges, tls }),
      });
    });
    this.topics = new KafkaTopics(
      this,
      'topics',
      { name: `${id}-topics`, instance: id, ...defined({ reconcile }) },
      this,
    );
  }

  topic(name: string, props: TopicProps): Topic {
    return this.topics.topic(name, props);
  }

  admit(workload: Workload): StreamAccess {
    const connections = this.endpoints.map((endpoint) => workload.connectTo(endpoint));
    const tls = connections[0]?.tls;
    const credentials = this.users && credentialsOf(this.users.of(workload));
    return {
      kind: 'stream',
      brokers: connections.map(({ authority }) => authority),
      ...defined({ tls, credentials }),
    };
  }

  /** Its user is one of theirs, who may make topics. */
  admitReconciler(job: PlatformJob): void {
    job.use(this.admit(job));
  }
}
