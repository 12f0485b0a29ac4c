import { topics } from '@plumbline/contracts';
import type { EventStream, OutgoingRecord } from '@plumbline/worker';
import { OtlpRefusal } from './otlp/errors';
import { partitionRequest } from './otlp/partition';
import type { TraceSink } from './otlp/sink';

/** Requests that may wait for the disk at once; beyond it senders are asked to come again. */
const maxWaiting = 256;

/** Counts of the receiver. */
export interface ReceiverCounts {
  requests: number;
  spans: number;
  rejectedSpans: number;
  refusedRequests: number;
}

/** Puts requests on the topic `traces`, each trace on one partition. */
export function streamSink(stream: EventStream, partitions: number, counts: ReceiverCounts): TraceSink {
  let waiting = 0;
  return {
    accept: async (request) => {
      if (waiting >= maxWaiting) {
        counts.refusedRequests += 1;
        throw new OtlpRefusal('busy', `${maxWaiting} requests are waiting already`);
      }
      waiting += 1;
      try {
        const { messages, spans, rejected } = partitionRequest(request, partitions);
        await stream.produce(toRecords(messages));
        counts.requests += 1;
        counts.spans += spans;
        counts.rejectedSpans += rejected;
        return {
          rejectedSpans: rejected,
          message:
            rejected > 0 ? 'spans need a trace id of 16 bytes and a span id of 8 bytes that are not all zero' : '',
        };
      } catch (error) {
        counts.refusedRequests += 1;
        throw error;
      } finally {
        waiting -= 1;
      }
    },
  };
}

/** Records of a partitioned request; `timestampMs` is the record time where the stream does not set it. */
export function toRecords(messages: ReadonlyMap<number, Uint8Array>, timestampMs?: number): OutgoingRecord[] {
  return [...messages].map(([partition, value]) => ({
    topic: topics.traces.name,
    partition,
    key: null,
    value,
    ...(timestampMs === undefined ? {} : { timestampMs }),
  }));
}
