import { deadLetterHeaders, topics } from '@plumbline/contracts';
import type { OutgoingRecord, StreamRecord, TopicPartition } from './stream';

/** Characters of a reason that are kept. */
const maxReasonLength = 1000;

/** What is told of a record: where it was, what was in it, and, where they are to be kept, its headers and time. */
export type Unusable = Pick<StreamRecord, 'offset' | 'value'> & Partial<Pick<StreamRecord, 'headers' | 'timestampMs'>>;

/** A record that cannot be used, as it came. Its key is its source, so it goes to the same partition when it is sent again. */
export function deadLetter(
  { topic, partition }: TopicPartition,
  { offset, value, headers, timestampMs }: Unusable,
  reason: string,
): OutgoingRecord {
  return {
    topic: topics.tracesDeadLetter.name,
    key: `${topic}/${partition}`,
    value: value ?? Buffer.alloc(0),
    headers: {
      ...headers,
      [deadLetterHeaders.reason]: reason.slice(0, maxReasonLength),
      [deadLetterHeaders.sourceTopic]: topic,
      [deadLetterHeaders.sourcePartition]: String(partition),
      [deadLetterHeaders.sourceOffset]: String(offset),
    },
    ...(timestampMs !== undefined && { timestampMs }),
  };
}
