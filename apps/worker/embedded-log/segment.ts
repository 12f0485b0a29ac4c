import { open, unlink, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StreamRecord } from '../stream';
import { StreamError } from '../stream-error';
import { decodeFrame, frameHeaderBytes } from './frame';

/** Bytes between two entries of the sparse index; a read starts at most this far before its record. */
const indexStrideBytes = 64 * 1024;
const scanChunkBytes = 1024 * 1024;

interface IndexEntry {
  readonly offset: number;
  readonly position: number;
}

/**
 * One file of a partition. Writes go to its end; what was written by a call that failed or by a process that was killed is cut off.
 * Not safe for overlapping calls: its partition calls one at a time.
 */
export class Segment {
  sizeBytes = 0;
  /** Record time of the first record; `undefined` while there is none. */
  firstTimestampMs: number | undefined;
  private readonly index: IndexEntry[] = [];
  private dirty = false;

  private constructor(
    readonly path: string,
    /** No record has a smaller offset. */
    readonly baseOffset: number,
    /** Offset after the last record, or after what compaction removed behind it. */
    public endOffset: number,
    private readonly file: FileHandle,
  ) {}

  /** Makes an empty segment. */
  static async create(path: string, baseOffset: number): Promise<Segment> {
    return new Segment(path, baseOffset, baseOffset, await open(path, 'wx+'));
  }

  /**
   * Opens a segment that may end in a torn frame, and cuts that off.
   *
   * @returns the segment and how many bytes were cut off
   */
  static async recover(
    path: string,
    baseOffset: number,
  ): Promise<{ readonly segment: Segment; readonly cutBytes: number }> {
    const file = await open(path, 'r+');
    const segment = new Segment(path, baseOffset, baseOffset, file);
    const { size } = await file.stat();
    await segment.scan(0, size, (record) => {
      segment.endOffset = record.offset + 1;
      return true;
    });
    const cutBytes = size - segment.sizeBytes;
    if (cutBytes > 0) {
      await file.truncate(segment.sizeBytes);
      await file.datasync();
    }
    return { segment, cutBytes };
  }

  /** Opens a segment that is complete; its records are read when they are wanted. */
  static async openComplete(path: string, baseOffset: number, endOffset: number): Promise<Segment> {
    const file = await open(path, 'r+');
    const segment = new Segment(path, baseOffset, endOffset, file);
    segment.sizeBytes = (await file.stat()).size;
    await segment.readFrom(0, 1, (record) => {
      segment.firstTimestampMs = record.timestampMs;
      return false;
    });
    return segment;
  }

  /** Writes frames whose records have the offsets from `endOffset` on. */
  async append(frames: readonly Buffer[], records: readonly StreamRecord[]): Promise<void> {
    let position = this.sizeBytes;
    try {
      const length = frames.reduce((sum, frame) => sum + frame.length, 0);
      const { bytesWritten } = await this.file.writev(frames, position);
      if (bytesWritten !== length) throw new Error(`wrote ${bytesWritten} of ${length} bytes`);
    } catch (cause) {
      await this.file.truncate(this.sizeBytes);
      const message = `could not append to ${this.path}: ${String(cause)}`;
      throw new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', message, { cause });
    }
    this.dirty = true;
    records.forEach((record, number) => {
      this.noteRecord(record, position);
      position += frames[number]?.length ?? 0;
    });
    this.sizeBytes = position;
    this.endOffset = (records.at(-1)?.offset ?? this.endOffset - 1) + 1;
  }

  /** Records from an offset on, about `maxBytes`, at least one unless there is none. */
  async read(fromOffset: number, maxBytes: number): Promise<StreamRecord[]> {
    const found: StreamRecord[] = [];
    let bytes = 0;
    await this.readFrom(this.positionBefore(fromOffset), Math.min(maxBytes, scanChunkBytes), (record, size) => {
      if (record.offset < fromOffset) return true;
      found.push(record);
      bytes += size;
      return bytes < maxBytes;
    });
    return found;
  }

  async sync(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    await this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  async remove(): Promise<void> {
    await this.file.close();
    await unlink(this.path);
  }

  /** Extends the index, as far as it does not know the record yet. */
  private noteRecord(record: StreamRecord, position: number): void {
    this.firstTimestampMs ??= record.timestampMs;
    const last = this.index.at(-1);
    if (last === undefined || position - last.position >= indexStrideBytes) {
      this.index.push({ offset: record.offset, position });
    }
  }

  private positionBefore(offset: number): number {
    let position = 0;
    for (const entry of this.index) {
      if (entry.offset > offset) break;
      position = entry.position;
    }
    return position;
  }

  /** Reads frames that must all be good. */
  private async readFrom(
    position: number,
    chunkBytes: number,
    onRecord: (record: StreamRecord, bytes: number) => boolean,
  ): Promise<void> {
    const end = await this.frames(position, this.sizeBytes, chunkBytes, (record, bytes, at) => {
      this.noteRecord(record, at);
      return onRecord(record, bytes);
    });
    if (end !== undefined) {
      const message = `${basename(this.path)} is damaged at byte ${end} of ${this.sizeBytes} (${this.path})`;
      throw new StreamError('PLUMBLINE_STREAM_CORRUPT', message);
    }
  }

  /** Reads frames up to the first bad one and sets the size to what is good. */
  private async scan(position: number, size: number, onRecord: (record: StreamRecord) => boolean): Promise<void> {
    this.sizeBytes = position;
    await this.frames(position, size, scanChunkBytes, (record, bytes, at) => {
      this.noteRecord(record, at);
      this.sizeBytes += bytes;
      return onRecord(record);
    });
  }

  /** @returns the position of the first bad frame; `undefined` when the end was reached or `onRecord` wants no more */
  private async frames(
    from: number,
    to: number,
    chunkBytes: number,
    onRecord: (record: StreamRecord, bytes: number, position: number) => boolean,
  ): Promise<number | undefined> {
    let position = from;
    let want = Math.max(chunkBytes, frameHeaderBytes);
    while (position < to) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(want, to - position));
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, position);
      const chunk = buffer.subarray(0, bytesRead);
      let at = 0;
      for (;;) {
        const frame = decodeFrame(chunk, at);
        if (frame.kind === 'bad') return position + at;
        if (frame.kind === 'short') {
          if (position + at >= to) return undefined;
          if (position + at + frame.bytes > to || (at === 0 && bytesRead < buffer.length)) return position + at;
          want = Math.max(frame.bytes, chunkBytes);
          break;
        }
        if (!onRecord(frame.record, frame.end - at, position + at)) return undefined;
        at = frame.end;
      }
      position += at;
    }
    return undefined;
  }
}
