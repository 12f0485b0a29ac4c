import { Construct } from 'constructs';
import { environmentKeys } from '../contracts';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { IEventStream } from '../core/stores';
import type { ITopicHost, StreamAccess, Topic, TopicProps } from '../core/topic';
import type { Workload } from '../core/workload';
import { KafkaTopics } from './kafka-topics';

/** Options of {@link RedpandaBroker.fromExternal}. */
export interface ExternalEventStreamProps {
  /** `host:port` of brokers; every broker that clients are sent on to must be within {@link ranges}. */
  readonly brokers: readonly string[];
  /** Address ranges of the brokers. @default - any address */
  readonly ranges?: readonly string[];
}

/** A Kafka cluster that is not ours. Topics are reconciled there by our Job. */
export class ExternalEventStream extends Construct implements IEventStream, ITopicHost {
  private readonly endpoints: readonly Endpoint[];
  private readonly topics: KafkaTopics;

  /** @throws {InvalidPropError} if no broker is given, or one is no `host:port` */
  constructor(scope: Construct, id: string, { brokers, ranges }: ExternalEventStreamProps) {
    super(scope, id);
    if (brokers.length === 0) throw new InvalidPropError('ExternalEventStream.brokers', brokers, 'a list of brokers');
    this.endpoints = brokers.map((broker) => {
      const [, host, port] = /^([\w.-]+):(\d{1,5})$/.exec(broker) ?? [];
      if (host === undefined) throw new InvalidPropError('ExternalEventStream.brokers', broker, 'host:port');
      return Endpoint.external(host, Number(port), ranges === undefined ? {} : { ranges });
    });
    this.topics = new KafkaTopics(this, 'topics', { name: `${id}-topics`, instance: id }, this);
  }

  topic(name: string, props: TopicProps): Topic {
    return this.topics.topic(name, props);
  }

  admit(workload: Workload): StreamAccess {
    const brokers = this.endpoints.map((endpoint) => workload.connectTo(endpoint));
    workload.setEnv(environmentKeys.kafkaBrokers, brokers.join(','));
    return { brokers };
  }
}
