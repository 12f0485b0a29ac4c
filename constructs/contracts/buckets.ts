/** Buckets, by what is in them. */
export const buckets = {
  /** Whole anomalous traces as Parquet. */
  anomalyData: 'anomaly-data',
  /** Profile and model bundles. */
  mlModels: 'ml-models',
  /** Tempo's blocks; only Tempo writes here. */
  tempoTraces: 'tempo-traces',
} as const;

/** Parts of the key of a stored anomalous trace. */
export interface TraceObjectKey {
  /** UTC day of the trace's event time, `YYYY-MM-DD`. */
  readonly date: string;
  /** Entry service's name; escaped here, so any string is safe. */
  readonly service: string;
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** Spans that came when the trace itself could no longer be changed. @default false */
  readonly late?: boolean;
}

/**
 * `date=YYYY-MM-DD/service=<name>/trace_<id>.parquet`, the path readers with Hive partitioning expect; what came too late lies beside
 * it, as `trace_<id>_late.parquet`.
 */
export function traceObjectKey({ date, service, traceId, late = false }: TraceObjectKey): string {
  return `date=${date}/service=${escapePathSegment(service)}/trace_${traceId}${late ? '_late' : ''}.parquet`;
}

/**
 * Object beside those of single traces that holds the traces of one source record which a storm left no objects of their
 * own for.
 */
export function batchObjectKey(
  { date, service }: Omit<TraceObjectKey, 'traceId'>,
  source: { readonly partition: number; readonly offset: number },
): string {
  return `date=${date}/service=${escapePathSegment(service)}/batch_${source.partition}_${source.offset}.parquet`;
}

/** Keys below it list the objects of one source record each; they sort by record time within a day. */
export const manifestPrefix = 'manifests/';

/** @param recordTimeMs record time of the source record, milliseconds since the epoch */
export function manifestKey(
  recordTimeMs: number,
  source: { readonly partition: number; readonly offset: number },
): string {
  const date = new Date(recordTimeMs).toISOString().slice(0, 10);
  const time = String(recordTimeMs).padStart(13, '0');
  return `${manifestPrefix}date=${date}/${time}_${source.partition}_${source.offset}.json`;
}

/**
 * Makes one path segment of any string, reversibly: everything but `A-Z a-z 0-9 . _ -` is percent-encoded as UTF-8,
 * a leading dot too, and the result is at most 200 bytes (cut, with a marker).
 */
export function escapePathSegment(text: string): string {
  const escaped = Array.from(Buffer.from(text, 'utf8'), (byte, index) => {
    const char = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_-]/.test(char) || (char === '.' && index > 0);
    return plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  if (escaped === '') return '%00';
  return escaped.length <= 200 ? escaped : `${escaped.slice(0, 196).replace(/%.?$/, '')}%00`;
}

/** Newest approved bundle's pointer below {@link buckets.mlModels}: a small JSON object naming version and key. */
export const currentProfileKey = 'profile/current.json';

/** Key of one immutable bundle. */
export function bundleKey(model: string, version: string): string {
  return `${escapePathSegment(model)}/version_${escapePathSegment(version)}/bundle.json.gz`;
}
