/** Header in which a worker that traces itself leaves the context of the step that made a record, as W3C has it. */
export const traceHeader = 'traceparent';

/** Headers of dead letters: why, and where from. Values are UTF-8 texts. */
export const deadLetterHeaders = {
  reason: 'plumbline-reason',
  sourceTopic: 'plumbline-source-topic',
  sourcePartition: 'plumbline-source-partition',
  sourceOffset: 'plumbline-source-offset',
  /** Topic whose limit a record exceeded that a worker made. */
  refusedTopic: 'plumbline-refused-topic',
} as const;
