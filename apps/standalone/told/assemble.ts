import { indexBatch, type BatchIndex } from '@plumbline/anomaly-detection';
import { topics } from '@plumbline/contracts';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import { decodeTraceBatch, type TraceBatch } from '@plumbline/wire';
import type { StageOutput, StreamRecord } from '@plumbline/worker';
import { gatherTraces, type RecordedTrace } from '../check/recorded-traces';
import { writeRequest } from '../check/span-writer';
import type { Settings } from '../preset';
import { RecordingError } from '../replay/recording';
import { readRecordings } from '../replay/recordings';

/** Traces as detection gets them, with their names resolved. */
export interface AssembledBatch {
  readonly batch: TraceBatch;
  readonly index: BatchIndex;
}

/** Records that preprocessing is given at once: batches of many traces are quicker to judge. */
const recordsAtOnce = 500;
/** Longer than any trace stays open by default or by a setting, milliseconds. */
const afterglowMs = 10 * 86_400_000;

/**
 * Assembles recordings by the preprocessing of the pipeline, a partition each, so that all share their names. Spans are gathered by
 * trace before: in what order and in how many files they were recorded makes no difference.
 *
 * @param recordings files or folders of files of each
 * @throws {RecordingError} naming the file that cannot be read, or that has no span with ids and times
 */
export async function assemble(
  recordings: readonly (readonly string[])[],
  settings: Settings = {},
): Promise<AssembledBatch[][]> {
  const gather = async (paths: readonly string[]): Promise<RecordedTrace[]> => {
    const traces = await gatherTraces(readRecordings(paths));
    if (traces.length > 0) return traces;
    throw new RecordingError(`${paths.join(', ')}: no span has a trace id, a span id and times`);
  };
  return assembleEach(recordings.length, (i) => gather(recordings[i] ?? []), settings);
}

/** Assembles traces that were gathered, all as one partition; names are those of these traces alone. */
export async function assembleTraces(
  traces: readonly RecordedTrace[],
  settings: Settings = {},
): Promise<AssembledBatch[]> {
  const [batches = []] = await assembleEach(1, () => Promise.resolve(traces), settings);
  return batches;
}

async function assembleEach(
  partitions: number,
  gather: (partition: number) => Promise<readonly RecordedTrace[]>,
  settings: Settings,
): Promise<AssembledBatch[][]> {
  const topic = topics.traces.name;
  const stage = new Preprocessing({ config: preprocessingConfig({ MAX_MESSAGE_BYTES: '4194304', ...settings }) });
  await stage.reset(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
  const assembled: AssembledBatch[][] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const traces = await gather(partition);
    const batches: AssembledBatch[] = [];
    for (const records of chunks(recordsOf(traces), recordsAtOnce)) {
      const highWatermark = (records.at(-1)?.offset ?? 0) + 1;
      batches.push(...batchesOf(await stage.process({ topic, partition, records, highWatermark })));
    }
    assembled.push(batches);
  }
  return assembled;
}

/** A record a trace, at the time when the last span so far ended; and at last time passes, so that every trace is emitted. */
function* recordsOf(traces: readonly RecordedTrace[]): Generator<StreamRecord> {
  const about = { key: null, headers: {} };
  let timestampMs = 0;
  let offset = 0;
  for (const trace of traces) {
    const { originNs, id: traceId, spans, bodies } = trace;
    const originMs = Number(originNs / 1_000_000n);
    const outgoing = spans.flatMap(({ startNs, endNs }, i) => {
      const body = bodies[i];
      timestampMs = Math.max(timestampMs, originMs + Math.ceil(endNs / 1e6));
      const [from, to] = [originNs + BigInt(startNs), originNs + BigInt(endNs)];
      return body === undefined ? [] : [{ body, traceId, startNs: from, endNs: to, fails: false }];
    });
    yield { ...about, offset, timestampMs, value: writeRequest(outgoing) };
    offset += 1;
  }
  yield { ...about, offset, timestampMs: timestampMs + afterglowMs, value: null };
}

function* chunks<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function batchesOf({ records }: StageOutput): AssembledBatch[] {
  return records.flatMap(({ topic, value }) => {
    if (topic !== topics.tracesPreprocessed.name || value === null) return [];
    const batch = decodeTraceBatch(value);
    return batch.traces.count === 0 ? [] : [{ batch, index: indexBatch(batch) }];
  });
}
