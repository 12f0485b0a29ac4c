import { topics } from '@plumbline/contracts';
import { decodeTraceBatch, headers } from '@plumbline/wire';
import { messageOf, type EventStream, type Log, type StreamRecord } from '@plumbline/worker';
import { EmittedBefore } from './assembly/emitted-before';

export interface EarlierOutputOptions {
  readonly stream: Pick<EventStream, 'readAll'>;
  readonly log: Log;
  /** How much earlier the first records of other partitions may be than those of the first that has any, milliseconds. */
  readonly spreadMs: number;
  /** What may be remembered of all partitions. */
  readonly maxBytes: number;
}

/**
 * What was put out of the partitions of a generation before it began, read back from `traces-preprocessed`: once for all of them, when the
 * first records of one are here, whose time says from where on.
 */
export class EarlierOutput {
  private readonly waiting: Set<number>;
  private readonly read = new Map<number, EmittedBefore>();
  private sinceMs = Infinity;

  constructor(
    partitions: readonly number[],
    private readonly options: EarlierOutputOptions,
  ) {
    this.waiting = new Set(partitions);
  }

  /**
   * Output of a partition, which is asked for once.
   *
   * @param firstMs record time of its first record that is read again, milliseconds since the epoch
   * @throws {StreamError}
   */
  async of(partition: number, firstMs: number): Promise<EmittedBefore> {
    this.waiting.add(partition);
    if (firstMs < this.sinceMs) await this.readFrom(firstMs - this.options.spreadMs);
    const output = this.read.get(partition) ?? new EmittedBefore();
    this.waiting.delete(partition);
    this.read.delete(partition);
    return output;
  }

  private async readFrom(sinceMs: number): Promise<void> {
    const { stream, log, maxBytes } = this.options;
    const found = new Map<number, EmittedBefore>();
    let passedOver = 0;
    const take = (record: StreamRecord, partition: number): void => {
      const output = found.get(partition) ?? new EmittedBefore();
      found.set(partition, output);
      const watermarkMs = Number(record.headers[headers.watermark] ?? NaN);
      output.promised(Number.isFinite(watermarkMs) ? watermarkMs : -Infinity, record.timestampMs);
      if (record.value === null) return;
      let bytes = 0;
      for (const { byteLength } of found.values()) bytes += byteLength;
      if (bytes > maxBytes) {
        passedOver += 1;
        return;
      }
      try {
        output.add(decodeTraceBatch(record.value));
      } catch (error) {
        log.warn({ partition, offset: record.offset, reason: messageOf(error) }, 'what was put out cannot be read');
      }
    };
    await stream.readAll(topics.tracesPreprocessed.name, take, { partitions: [...this.waiting], sinceMs });
    if (passedOver > 0) {
      log.warn(
        { passedOver, maxBytes },
        'more was put out before this start than there is memory to recall: spans of it that are read again may be dropped as late',
      );
    }
    this.sinceMs = sinceMs;
    this.read.clear();
    for (const [partition, output] of found) this.read.set(partition, output);
  }
}
