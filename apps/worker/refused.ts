import { deadLetterHeaders, topics } from '@plumbline/contracts';
import type { OutgoingRecord } from './stream';
import { StreamError } from './stream-error';

/** Characters of a header that are kept. */
const maxHeaderLength = 500;
/** Ours are kept; what senders wrote may be what made it too large. */
const ownPrefix = 'plumbline-';

/** A record that the broker takes for no price, for its size. */
export interface Refused {
  readonly record: OutgoingRecord;
  readonly error: StreamError;
}

/**
 * Writes records. What the broker refuses for its size would be refused again after every restart, so it is looked for by halves, and a
 * record without a value, on the topic of dead letters, takes its place; the others are written.
 *
 * @param write writes records, all or some of them; what was written may be written again
 * @param onRefused told of each
 * @throws what `write` throws for any other reason
 */
export async function writeOrBury(
  records: readonly OutgoingRecord[],
  write: (records: readonly OutgoingRecord[]) => Promise<void>,
  onRefused: (refused: Refused) => void,
): Promise<void> {
  try {
    await write(records);
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE') throw error;
    const [record] = records;
    if (record === undefined) throw error;
    if (records.length === 1) {
      onRefused({ record, error });
      await write([buried(record, error)]);
      return;
    }
    const middle = records.length >> 1;
    await writeOrBury(records.slice(0, middle), write, onRefused);
    await writeOrBury(records.slice(middle), write, onRefused);
  }
}

/** Where it was to go and why it could not; where it came from, if it says so itself. */
function buried(
  { topic, partition, key, value, headers = {}, timestampMs }: OutgoingRecord,
  error: StreamError,
): OutgoingRecord {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith(ownPrefix));
  return {
    topic: topics.tracesDeadLetter.name,
    key: `${topic}/${partition ?? key ?? ''}`.slice(0, maxHeaderLength),
    value: Buffer.alloc(0),
    headers: {
      ...Object.fromEntries(kept.map(([name, text]) => [name, text.slice(0, maxHeaderLength)])),
      [deadLetterHeaders.reason]: `${error.message}; its ${value?.length ?? 0} bytes are lost`.slice(
        0,
        maxHeaderLength,
      ),
      [deadLetterHeaders.refusedTopic]: topic,
    },
    ...(timestampMs !== undefined && { timestampMs }),
  };
}
