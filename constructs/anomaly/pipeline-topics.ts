import type { Duration } from 'cdk8s';
import { topics, type TopicSpec } from '../contracts';
import { defined } from '../core/defined';
import type { IEventStream } from '../core/stores';
import type { Topic } from '../core/topic';

/** How much the pipeline's topics hold. */
export interface TopicSizing {
  /** Partitions of `traces` and `traces-preprocessed`, always as many. */
  readonly partitions: number;
  /** Brokers that hold each partition. @default - as many as the stream says */
  readonly replicationFactor?: number;
  readonly retention: Duration;
}

/** The pipeline's topics by the names of `contracts`. */
export type PipelineTopics = Readonly<Record<keyof typeof topics, Topic>>;

/** Asks the stream for every topic of the pipeline. */
export function pipelineTopics(stream: IEventStream, sizing: TopicSizing): PipelineTopics {
  const make = (spec: TopicSpec): Topic =>
    stream.topic(spec.name, {
      // Of topics keyed by tenant one partition is read at a time by one worker.
      partitions: spec.partitioning === 'source' ? sizing.partitions : Math.min(sizing.partitions, 3),
      retention: sizing.retention,
      cleanupPolicy: spec.cleanup,
      ...defined({ replicationFactor: sizing.replicationFactor, maxMessageBytes: spec.maxMessageBytes }),
      // Every clock in the pipeline derives from when `traces` took a record.
      logAppendTime: spec === topics.traces,
    });
  return {
    traces: make(topics.traces),
    tracesPreprocessed: make(topics.tracesPreprocessed),
    tracesDeadLetter: make(topics.tracesDeadLetter),
    anomalies: make(topics.anomalies),
    windowStats: make(topics.windowStats),
    incidents: make(topics.incidents),
    analysisProgress: make(topics.analysisProgress),
    deliveries: make(topics.deliveries),
    feedback: make(topics.feedback),
    modelEvents: make(topics.modelEvents),
  };
}
