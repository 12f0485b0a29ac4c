import { assembleTraces, gatherTraces, type AssembledBatch, type RecordedTrace } from '@plumbline/standalone';
import { readTraceParquet, storedSpans, writeStoredSpans, type StoredSpan } from '@plumbline/wire';
import { requestOf } from './stored-request';
import type { RunFolder } from './run-folder';

/** What the traces of a part are taken to be. */
export const traceLabels = ['normal', 'anomalous'] as const;
export type TraceLabel = (typeof traceLabels)[number];

/** A request with spans, and what to call it in an error. */
export interface NamedRequest {
  readonly bytes: Uint8Array;
  readonly path: string;
}

/** Traces that are assembled together: their names are shared, and they are in memory at once. */
const tracesTogether = 2_000;

/**
 * Writes traces as parts of a Parquet dataset, one row a span, in the columns of stored traces:
 * `<folder>/label=<label>/part-<n>.parquet`. Any reader of Hive partitions reads all of it at once.
 */
export class SpanParts {
  private readonly requests: NamedRequest[] = [];
  private readonly stored: (readonly StoredSpan[])[] = [];
  private parts = 0;
  traces = 0;
  spans = 0;

  constructor(
    private readonly run: RunFolder,
    private readonly folder: string,
    private readonly label: TraceLabel,
  ) {}

  /** A whole trace as it was sent: it goes through preprocessing. */
  async add(request: NamedRequest): Promise<void> {
    this.requests.push(request);
    if (this.requests.length >= tracesTogether) await this.flush();
  }

  /** A whole trace of another part, written as it is. */
  async addStored(spans: readonly StoredSpan[]): Promise<void> {
    this.stored.push(spans);
    if (this.stored.length >= tracesTogether) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    for (const { batch } of await assembled(this.requests.splice(0))) {
      const all = Array.from({ length: batch.traces.count }, (_, trace) => storedSpans(batch, trace));
      await this.write(all);
    }
    if (this.stored.length > 0) await this.write(this.stored.splice(0));
  }

  private async write(traces: readonly (readonly StoredSpan[])[]): Promise<void> {
    const spans = traces.flat();
    const part = String(this.parts).padStart(5, '0');
    await this.run.put(`${this.folder}/label=${this.label}/part-${part}.parquet`, writeStoredSpans(spans));
    this.parts += 1;
    this.traces += traces.length;
    this.spans += spans.length;
  }
}

async function assembled(requests: readonly NamedRequest[]): Promise<AssembledBatch[]> {
  return requests.length === 0 ? [] : assembleTraces(await gatherTraces(requests));
}

/** Spans of stored traces, by trace, in the order in which the traces came. */
export function byTrace(spans: readonly StoredSpan[]): Map<string, StoredSpan[]> {
  const traces = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const list = traces.get(span.traceId);
    if (list === undefined) traces.set(span.traceId, [span]);
    else list.push(span);
  }
  return traces;
}

/**
 * Reads the parts of a label, one after the other, as the spans of their traces.
 *
 * @param step that writes them
 */
export async function* readParts(
  run: RunFolder,
  folder: string,
  label: TraceLabel,
  step: string,
): AsyncGenerator<Map<string, StoredSpan[]>, void, undefined> {
  for (const path of await run.list(`${folder}/label=${label}/`)) {
    if (path.endsWith('.parquet')) yield byTrace(readTraceParquet(await run.get(path, step)));
  }
}

/** Traces as recordings have them: what a perturbation works on. */
export function recordedTraces(traces: Iterable<readonly StoredSpan[]>): Promise<RecordedTrace[]> {
  const requests = Array.from(traces, (spans) => ({ bytes: requestOf(spans), path: spans[0]?.traceId ?? '' }));
  return gatherTraces(requests);
}
