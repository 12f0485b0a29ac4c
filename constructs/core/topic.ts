import { Duration } from 'cdk8s';
import type { CleanupPolicy } from '../contracts';
import type { ClientTls, UserCredentials } from './connection';
import { InvalidPropError } from './errors';
import type { NetworkPeer } from './network-peer';
import type { ITraceDestination, TraceExport } from './trace-destination';
import type { Workload } from './workload';

/** How a client that was granted something reaches the broker. Whoever uses it says how it is configured. */
export interface StreamAccess {
  readonly kind: 'stream';
  /** `host:port` of brokers to begin with. */
  readonly brokers: readonly string[];
  /** @default - plain text */
  readonly tls?: ClientTls;
  /** SCRAM-SHA-256. @default - the broker has no authentication */
  readonly credentials?: UserCredentials;
}

/** {@link StreamAccess} of a consumer. */
export interface ConsumeAccess extends StreamAccess {
  readonly topic: Topic;
  readonly group: string;
}

/** Who may do what with a topic. */
export interface TopicGrant {
  readonly workload: Workload;
  readonly operation: 'produce' | 'consume' | 'describe' | 'backup';
  /** Consumer group: as which it consumes or copies, or whose offsets it may ask for. */
  readonly group?: string;
}

/** The broker that a {@link Topic} is on. */
export interface ITopicHost {
  /** Brokers that hold each partition of a topic that does not say. @default 1 */
  readonly replicationFactor?: number;
  /** Gives a workload the way to the broker, and an identity where the broker has any. */
  admit(workload: Workload): StreamAccess;
  /**
   * Lets in what is no workload of ours.
   *
   * @default - not ours to say
   */
  acceptFrom?(peers: readonly NetworkPeer[], reason: string): void;
}

/** Options of a {@link Topic}. */
export interface TopicProps {
  readonly partitions: number;
  /** Brokers that hold each partition. @default - as many as the stream says: 3 where there are as many brokers of ours, else 1 */
  readonly replicationFactor?: number;
  /** @default 'delete' */
  readonly cleanupPolicy?: CleanupPolicy;
  /** How long a record is kept. @default Duration.days(1) */
  readonly retention?: Duration;
  /** Largest record batch. @default 1 MiB */
  readonly maxMessageBytes?: number;
  /** Whether the broker stamps records with its own clock. @default false */
  readonly logAppendTime?: boolean;
}

/** A topic that workloads are granted the use of. Where the broker has no authentication, a grant only connects. */
export class Topic implements ITraceDestination {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly cleanupPolicy: CleanupPolicy;
  readonly retention: Duration;
  readonly maxMessageBytes: number;
  readonly logAppendTime: boolean;
  private readonly granted: TopicGrant[] = [];

  /** @throws {InvalidPropError} if the name or a count cannot be */
  constructor(
    readonly name: string,
    props: TopicProps,
    private readonly host: ITopicHost,
  ) {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) {
      throw new InvalidPropError('Topic.name', name, 'letters, digits, dots, dashes and underscores');
    }
    this.partitions = count(`${name}.partitions`, props.partitions);
    this.replicationFactor = count(`${name}.replicationFactor`, props.replicationFactor ?? host.replicationFactor ?? 1);
    this.cleanupPolicy = props.cleanupPolicy ?? 'delete';
    this.retention = props.retention ?? Duration.days(1);
    this.maxMessageBytes = count(`${name}.maxMessageBytes`, props.maxMessageBytes ?? 2 ** 20);
    this.logAppendTime = props.logAppendTime === true;
  }

  /** Every grant, for ACLs and for the page that says who may do what. */
  get grants(): readonly TopicGrant[] {
    return this.granted;
  }

  grantProduce(workload: Workload): StreamAccess {
    this.granted.push({ workload, operation: 'produce' });
    return this.host.admit(workload);
  }

  grantConsume(workload: Workload, group: string): ConsumeAccess {
    this.granted.push({ workload, operation: 'consume', group });
    return { ...this.host.admit(workload), topic: this, group };
  }

  /**
   * Read records and settings, and ask how far groups have read: for who copies the topic elsewhere.
   *
   * @param group as which it reads
   * @param groups whose offsets it may ask for
   */
  grantBackup(workload: Workload, group: string, groups: readonly string[]): ConsumeAccess {
    this.granted.push({ workload, operation: 'backup', group });
    for (const each of groups) this.granted.push({ workload, operation: 'describe', group: each });
    return { ...this.host.admit(workload), topic: this, group };
  }

  /** Lets in to its broker what is no workload of ours. @param reason why, kept on the policy */
  acceptFrom(peers: readonly NetworkPeer[], reason: string): void {
    this.host.acceptFrom?.(peers, reason);
  }

  /** Ask for its partitions, without reading any record. */
  grantDescribe(workload: Workload): StreamAccess {
    this.granted.push({ workload, operation: 'describe' });
    return this.host.admit(workload);
  }

  exportTraces(collector: Workload): TraceExport {
    const access = this.grantProduce(collector);
    return { kind: 'kafka', topic: this.name, access, maxMessageBytes: this.maxMessageBytes };
  }
}

function count(prop: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidPropError(prop, value, 'a count of at least 1');
  return value;
}
