import { messageOf } from '@plumbline/worker';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OtlpRefusal } from '../otlp/errors';
import { partitionRequest, type PartitionedRequest } from '../otlp/partition';
import { readRecording, RecordingError } from './recording';

/** Files that are read side by side; each takes a file handle. */
const maxFiles = 500;

/** One export request, and what is known of it. */
export interface PlacedRequest {
  /** From 0, over all files. */
  readonly index: number;
  /** File it is from. */
  readonly path: string;
  /** ExportTraceServiceRequest in protobuf form. */
  readonly bytes: Uint8Array;
  readonly parts: PartitionedRequest;
}

/**
 * Reads recordings as one: files, or folders of files (hidden ones aside), each as {@link readRecording} reads it. Requests of
 * several files are merged by the time at which they end, whatever the files are called; within a file their order is kept. Each file
 * must have spans in it.
 *
 * @throws {RecordingError} naming the file that is missing, empty, unreadable or no OTLP; for all of these but what comes after
 * a good beginning, before the first request
 */
export async function* readRecordings(
  paths: readonly string[],
  partitions = 1,
): AsyncGenerator<PlacedRequest, void, undefined> {
  const sources: Source[] = [];
  try {
    for (const file of await filesOf(paths)) {
      const source = new Source(file, sources.length, partitions);
      sources.push(source);
      await source.advance();
    }
    const queue = sources.filter(({ head }) => head !== undefined).sort(earlier);
    for (let index = 0; ; index += 1) {
      const [source] = queue;
      if (source?.head === undefined) return;
      yield { ...source.head, index };
      await source.advance();
      settleFirst(queue);
    }
  } finally {
    for (const source of sources) await source.close();
  }
}

type Head = Omit<PlacedRequest, 'index'>;

/** One file, read as far as its next request. */
class Source {
  head: Head | undefined;
  /** Latest end time so far: late spans do not hold a file up. */
  endNano = 0n;
  private readonly requests: AsyncGenerator<{ readonly index: number; readonly bytes: Uint8Array }>;
  private read = 0;
  private spans = 0;

  constructor(
    private readonly path: string,
    readonly order: number,
    private readonly partitions: number,
  ) {
    this.requests = readRecording(path);
  }

  async advance(): Promise<void> {
    const next = await this.requests.next();
    if (next.done === true) {
      this.head = undefined;
      if (this.read === 0) throw new RecordingError(`${this.path}: is empty`);
      if (this.spans === 0) {
        throw new RecordingError(`${this.path}: no spans in ${this.read} requests; is it a recording of OTLP traces?`);
      }
      return;
    }
    const { bytes, index } = next.value;
    const parts = this.partition(bytes, index);
    this.read += 1;
    this.spans += parts.spans;
    if (parts.latestEndNano > this.endNano) this.endNano = parts.latestEndNano;
    this.head = { path: this.path, bytes, parts };
  }

  async close(): Promise<void> {
    await this.requests.return(undefined);
  }

  private partition(bytes: Uint8Array, index: number): PartitionedRequest {
    try {
      return partitionRequest(bytes, this.partitions);
    } catch (cause) {
      if (!(cause instanceof OtlpRefusal)) throw cause;
      throw new RecordingError(`${this.path}: request ${index + 1}: ${cause.message}`, { cause });
    }
  }
}

function earlier(a: Source, b: Source): number {
  return a.endNano < b.endNano ? -1 : a.endNano > b.endNano ? 1 : a.order - b.order;
}

/** The first of the sorted queue has moved on: takes it to where it belongs now, or out when it is done. */
function settleFirst(queue: Source[]): void {
  const [moved] = queue;
  if (moved === undefined) return;
  if (moved.head === undefined) {
    queue.shift();
    return;
  }
  let at = 0;
  for (let next = queue[1]; next !== undefined && earlier(next, moved) < 0; next = queue[at + 1]) {
    queue[at] = next;
    at += 1;
  }
  queue[at] = moved;
}

/** Files in the order given, those of a folder by name. */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) files.push(...(await filesAt(path)));
  if (files.length === 0) throw new RecordingError('no recording was given');
  if (files.length > maxFiles) throw new RecordingError(`${files.length} files; ${maxFiles} are read at a time`);
  return files;
}

async function filesAt(path: string): Promise<string[]> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    if (names.length === 0) throw new RecordingError(`${path}: no files in this folder`);
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    const missing = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT';
    const reason = missing ? 'no such file' : messageOf(cause);
    throw new RecordingError(`${path}: ${reason}`, { cause });
  }
}
