import { Construct } from 'constructs';
import type { TopicsJob } from '../contracts';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import { InvalidPropError } from '../core/errors';
import type { PlacementProps } from '../core/placement';
import { PlatformJob } from '../core/platform-job';
import { Topic, type ITopicHost, type TopicProps } from '../core/topic';

/** Options of {@link KafkaTopics}. */
export interface KafkaTopicsProps extends PlacementProps {
  /** Name of the Job. */
  readonly name: string;
  readonly instance: string;
  /** Image of the Job. @default - the worker image of this version */
  readonly image?: string;
  /** Whether there is a Job. @default true */
  readonly reconcile?: boolean;
  /** Rights and properties that the Job reconciles besides, asked for when all wires are known. @default - none */
  readonly besides?: (topics: readonly Topic[]) => Omit<TopicsJob, 'topics'>;
}

/** A broker whose topics a Job reconciles. */
export interface IReconciledHost extends ITopicHost {
  /** Lets the Job do what it reconciles. */
  admitReconciler(job: PlatformJob): void;
}

/** The topics of one broker, and the Job that reconciles them; it is not rendered while there are none. */
export class KafkaTopics extends Construct {
  private readonly byName = new Map<string, Topic>();
  private job: PlatformJob | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: KafkaTopicsProps,
    private readonly host: IReconciledHost,
  ) {
    super(scope, id);
  }

  /** Every topic that was asked for. */
  get topics(): readonly Topic[] {
    return Array.from(this.byName.values());
  }

  /** @throws {InvalidPropError} if the topic exists with other settings */
  topic(name: string, props: TopicProps): Topic {
    const topic = new Topic(name, props, this.host);
    const present = this.byName.get(name);
    if (present !== undefined) {
      const [was, is] = [present, topic].map((each) => JSON.stringify(specOf(each)));
      if (was !== is) throw new InvalidPropError(`topic ${name}`, is, `as it was asked for before: ${was ?? ''}`);
      return present;
    }
    this.byName.set(name, topic);
    if (this.props.reconcile !== false) this.job ??= this.reconciler();
    return topic;
  }

  private reconciler(): PlatformJob {
    const { reconcile: _, besides: __, ...props } = this.props;
    const job = new PlatformJob(this, 'job', {
      ...props,
      job: 'topics',
      file: ConfigFile.json('job.json', () => this.content()),
    });
    this.host.admitReconciler(job);
    return job;
  }

  private content(): TopicsJob {
    return {
      topics: this.topics.map(specOf).sort((a, b) => compareText(a.name, b.name)),
      ...this.props.besides?.(this.topics),
    };
  }
}

function specOf(topic: Topic): TopicsJob['topics'][number] {
  const { name, partitions, replicationFactor, cleanupPolicy, retention, maxMessageBytes, logAppendTime } = topic;
  return {
    name,
    partitions,
    replicationFactor,
    cleanupPolicy,
    retentionMs: retention.toMilliseconds(),
    maxMessageBytes,
    logAppendTime,
  };
}
