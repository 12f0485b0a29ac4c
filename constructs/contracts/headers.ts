/** Headers of dead letters: why, and where from. Values are UTF-8 texts. */
export const deadLetterHeaders = {
  reason: 'plumbline-reason',
  sourceTopic: 'plumbline-source-topic',
  sourcePartition: 'plumbline-source-partition',
  sourceOffset: 'plumbline-source-offset',
  /** Topic whose limit a record exceeded that a worker made. */
  refusedTopic: 'plumbline-refused-topic',
} as const;
