import { batchObjectKey, manifestKey, traceObjectKey } from '@plumbline/contracts';
import {
  encodeStoredFeatures,
  firstLateRevision,
  hex,
  parseServiceKey,
  traceFlags,
  writeTraceParquet,
  type Source,
  type TraceBatch,
  type StoredObject,
} from '@plumbline/wire';
import { putFuller, runBounded, type Effect, type ObjectStore } from '@plumbline/worker';
import type { Judgement } from './judge';
import { mergeStored, readManifest } from './manifest';
import { emptySuperseded, isSuperseded, parquetType, putSuperseded, revisionOf, type Revision } from './superseded';

const concurrentPuts = 8;

/** An object to be written: one whole trace, or those of a record that a storm left no objects of their own for. */
interface PlannedObject {
  readonly key: string;
  readonly shared: boolean;
  readonly traces: number[];
}

/** Features of the traces of a record that learned models scored, as they are stored. */
type StoredFeatureTexts = ReadonlyMap<number, string>;

/** Where the traces of one record go. */
export interface StoragePlan {
  /** Object key by trace. */
  readonly keys: ReadonlyMap<number, string>;
  readonly effect: Effect | undefined;
}

/**
 * Gives each anomalous trace an object, and bounds how many are written: of traces alike (entry operation, kind and place of
 * the strongest finding) only so many a minute of record time get one of their own, the rest of a record share one.
 * One for each partition: what it counts comes back with the records that are read again.
 */
export class StoragePlanner {
  private minute = -Infinity;
  private readonly counts = new Map<string, number>();
  /** Newest revision of each trace that has several, of one batch of records. */
  private revisions = new Map<string, Revision>();

  constructor(
    private readonly store: ObjectStore,
    private readonly perMinute: number,
  ) {}

  /** Another batch of records: what was planned before is written. */
  begin(): void {
    this.revisions = new Map();
  }

  /**
   * @param repeated it may have been read before, when other traces of it were stored: those stay
   * @param recordTimeMs record time of the source record, milliseconds since the epoch
   */
  plan(
    batch: TraceBatch,
    anomalous: readonly Judgement[],
    {
      source,
      recordTimeMs,
      repeated,
    }: { readonly source: Source; readonly recordTimeMs: number; readonly repeated: boolean },
  ): StoragePlan {
    if (anomalous.length === 0) return { keys: new Map(), effect: undefined };
    this.advance(recordTimeMs);
    const objects = new Map<string, PlannedObject>();
    const keys = new Map<number, string>();
    for (const judgement of anomalous) {
      const { trace } = judgement;
      const revision = batch.traces.revision[trace] ?? 1;
      const date = new Date(batch.traces.eventTimeMs[trace] ?? 0).toISOString().slice(0, 10);
      const entry = batch.services[batch.traces.entryService[trace] ?? 0] ?? '///';
      const { service } = parseServiceKey(entry);
      const shared = !this.admits(signature(batch, judgement, entry));
      const key = shared
        ? batchObjectKey({ date, service }, source)
        : traceObjectKey({ date, service, traceId: idOf(batch, trace), late: revision >= firstLateRevision });
      keys.set(trace, key);
      if (!shared && revision > 1) this.revisions.set(idOf(batch, trace), revisionOf(batch, trace, key, date));
      const object = objects.get(key);
      if (object === undefined) objects.set(key, { key, shared, traces: [trace] });
      else object.traces.push(trace);
    }
    const manifest = manifestKey(recordTimeMs, source);
    const head = { schema: 1, source, recordTimeMs };
    const about = { key: manifest, head, repeated, features: featuresOf(anomalous) };
    return { keys, effect: this.effect(batch, [...objects.values()], about) };
  }

  private advance(recordTimeMs: number): void {
    const minute = Math.floor(recordTimeMs / 60_000);
    if (minute <= this.minute) return;
    this.minute = minute;
    this.counts.clear();
  }

  private admits(like: string): boolean {
    const count = (this.counts.get(like) ?? 0) + 1;
    this.counts.set(like, count);
    return count <= this.perMinute;
  }

  /** One effect, since a manifest must not name what is not there. */
  private effect(
    batch: TraceBatch,
    objects: readonly PlannedObject[],
    {
      key,
      head,
      repeated,
      features,
    }: {
      readonly key: string;
      readonly head: { readonly source: Source };
      readonly repeated: boolean;
      readonly features: StoredFeatureTexts;
    },
  ): Effect {
    // Objects of the records of a batch are written side by side.
    const { revisions } = this;
    return {
      name: `store ${objects.length} objects of record ${head.source.partition}@${head.source.offset}`,
      run: async () => {
        const before = repeated ? await readManifest(this.store, key) : [];
        const puts = objects.map(
          (object) => () => this.put(batch, withStored(batch, object, before), features, revisions),
        );
        await runBounded(puts, concurrentPuts);
        const stored = mergeStored(before, objects.map(describe(batch)));
        const manifest = JSON.stringify({ ...head, objects: stored });
        await this.store.put(key, Buffer.from(manifest), { contentType: 'application/json' });
      },
    };
  }

  private async put(
    batch: TraceBatch,
    { key, shared, traces }: PlannedObject,
    features: StoredFeatureTexts,
    revisions: ReadonlyMap<string, Revision>,
  ): Promise<void> {
    const options = { contentType: parquetType };
    // A trace that comes twice in a record, in two revisions, is written as the last one says.
    const last = traces[traces.length - 1] ?? 0;
    if (shared) await this.store.put(key, writeTraceParquet(batch, traces, features), options);
    else {
      const newest = revisions.get(idOf(batch, last));
      if (newest !== undefined && isSuperseded(batch, last, key, newest)) {
        await putSuperseded(this.store, key, newest);
        return;
      }
      await putFuller(this.store, key, writeTraceParquet(batch, [last], features), spanCount(batch, last), options);
      if (newest?.key === key) for (const other of newest.others) await emptySuperseded(this.store, other, newest);
    }
  }
}

function featuresOf(judgements: readonly Judgement[]): StoredFeatureTexts {
  return new Map(
    judgements.flatMap(({ trace, activation, learned }) => {
      if (learned === undefined) return [];
      const { version, features } = learned.put();
      const profile = activation?.bundle.version ?? '';
      return [[trace, encodeStoredFeatures({ schema: learned.featureSchema, version, profile, features })] as const];
    }),
  );
}

/** A shared object with those traces of the record that an earlier reading put into it: it is replaced by a fuller one or not at all. */
function withStored(batch: TraceBatch, object: PlannedObject, before: readonly StoredObject[]): PlannedObject {
  const stored = object.shared ? before.find(({ key }) => key === object.key) : undefined;
  if (stored === undefined) return object;
  const wanted = new Set(stored.traces.map(({ traceId }) => traceId));
  for (const trace of object.traces) wanted.delete(idOf(batch, trace));
  const newest = new Map<string, number>();
  for (let trace = 0; trace < batch.traces.count; trace += 1) {
    if (((batch.traces.flags[trace] ?? 0) & traceFlags.retraction) === 0) newest.set(idOf(batch, trace), trace);
  }
  const missing = [...wanted].flatMap((id) => newest.get(id) ?? []);
  return { ...object, traces: [...object.traces, ...missing].sort((a, b) => a - b) };
}

function idOf({ traces }: TraceBatch, trace: number): string {
  return hex(traces.traceId, trace * 16, 16);
}

function describe(batch: TraceBatch): (object: PlannedObject) => StoredObject {
  return ({ key, traces }) => ({
    key,
    traces: traces.map((trace) => ({
      traceId: idOf(batch, trace),
      eventTimeMs: batch.traces.eventTimeMs[trace] ?? 0,
      spans: spanCount(batch, trace),
    })),
  });
}

export function spanCount({ traces }: TraceBatch, trace: number): number {
  return (traces.spanOffsets[trace + 1] ?? 0) - (traces.spanOffsets[trace] ?? 0);
}

function signature(batch: TraceBatch, { trace, findings }: Judgement, entry: string): string {
  const operation = batch.operations[batch.traces.entryOperation[trace] ?? 0] ?? '';
  const strongest = findings[0];
  if (strongest === undefined) return `${entry}\n${operation}`;
  const service = batch.services[batch.spans.service[strongest.row] ?? 0] ?? '';
  return `${entry}\n${operation}\n${strongest.kind}\n${service}`;
}
