import type { PartitionContent, Segment } from './format';
import { digestOf, packLines, type StoredRecord } from './segment';
import { dataName, type Vault } from './vault';

/** Bytes of lines that become one segment: what a partition takes of memory. */
const segmentBytes = 4 * 2 ** 20;

interface SegmentWriterOptions {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  /** Segments of earlier backups that go before. */
  readonly kept: readonly Segment[];
  /** Whether times of records are the producer's. */
  readonly timed: boolean;
}

/** Writes records of a partition, segment by segment, behind those of earlier backups. */
export class SegmentWriter {
  private readonly segments: Segment[];
  private lines: string[] = [];
  private size = 0;
  private first = 0;
  private newest: StoredRecord | undefined;

  constructor(
    private readonly vault: Vault,
    private readonly options: SegmentWriterOptions,
  ) {
    this.segments = [...options.kept];
  }

  async add(record: StoredRecord, line: string): Promise<void> {
    if (this.lines.length === 0) this.first = record.offset;
    this.lines.push(line);
    this.size += line.length;
    this.newest = record;
    if (this.size >= segmentBytes) await this.flush();
  }

  async close(): Promise<Pick<PartitionContent, 'segments' | 'last'>> {
    await this.flush();
    const { newest, options } = this;
    return {
      segments: this.segments,
      ...(newest !== undefined && { last: { offset: newest.offset, digest: digestOf(newest, options.timed) } }),
    };
  }

  private async flush(): Promise<void> {
    const { lines, newest, options } = this;
    if (lines.length === 0 || newest === undefined) return;
    const packed = await packLines(lines);
    const [from, to] = [this.first, newest.offset + 1];
    const data = dataName(options.id, options.topic, options.partition, from, to);
    const { sha256 } = await this.vault.writeData('topics', data, single(packed), packed.length);
    this.segments.push({ data, sha256, bytes: packed.length, records: lines.length, from, to });
    this.lines = [];
    this.size = 0;
  }
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}
