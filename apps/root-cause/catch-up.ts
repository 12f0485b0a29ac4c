import { manifestKey, manifestPrefix } from '@plumbline/contracts';
import { decodeManifest, readTraceParquet, serviceKey, type StoredSpan, type Verdict } from '@plumbline/wire';
import { type Log, messageOf, type ObjectStore, silentLog } from '@plumbline/worker';

/** Verdicts are on their topic before their statistics are; a minute later they have been read. Record time. */
const graceMs = 60_000;
/** Most manifests in one scan; the rest is for the next. */
const mostManifests = 10_000;
/** Most objects that are read in one scan; more are only counted. */
const mostReads = 50;

/** What a scan found. */
export interface Unheard {
  /** Objects that no verdict told of. */
  readonly objects: number;
  /** Their traces, as far as they were read: without score and findings, which only a verdict has. */
  readonly traces: readonly Verdict[];
}

/**
 * Looks through the bucket of anomalous traces for what no verdict told of, as when `anomalies` lost records that detection
 * had stored the traces of. Asks nobody but the bucket, and reads only the manifests since the last scan.
 */
export class CatchUp {
  private readonly heard = new Map<string, number>();
  private fromMs: number | undefined;
  private scannedThrough: string | undefined;
  private recordTimeMs = -Infinity;

  constructor(
    private readonly anomalies: ObjectStore,
    private readonly log: Log = silentLog,
  ) {}

  /** Begins anew: only what is stored from the next record on is looked for. */
  reset(): void {
    this.heard.clear();
    this.fromMs = undefined;
    this.scannedThrough = undefined;
    this.recordTimeMs = -Infinity;
  }

  /** Record time of what was read; older manifests are complete. Milliseconds since the epoch. */
  advance(recordTimeMs: number): void {
    this.fromMs ??= recordTimeMs;
    this.recordTimeMs = Math.max(this.recordTimeMs, recordTimeMs);
  }

  /** Notes that a verdict told of an object. */
  hear({ object }: Verdict, recordTimeMs: number): void {
    if (object !== undefined) this.heard.set(object.key, recordTimeMs);
  }

  /** Looks at the manifests that came since the last scan and are old enough. Never throws. */
  async scan(): Promise<Unheard> {
    if (this.fromMs === undefined) return { objects: 0, traces: [] };
    const untilMs = this.recordTimeMs - graceMs;
    const traces: Verdict[] = [];
    let objects = 0;
    try {
      for (const key of await this.newManifests(this.fromMs, untilMs)) {
        const bytes = await this.anomalies.get(key);
        this.scannedThrough = key;
        if (bytes === undefined) continue;
        const manifest = decodeManifest(bytes);
        for (const object of manifest.objects) {
          if (this.heard.has(object.key)) continue;
          objects += 1;
          if (objects <= mostReads) traces.push(...(await this.read(object.key, manifest.source)));
        }
      }
    } catch (error) {
      this.log.warn({ bucket: this.anomalies.bucket, reason: messageOf(error) }, 'catch-up scan ended early');
    }
    for (const [key, heardMs] of this.heard) if (heardMs < untilMs - graceMs) this.heard.delete(key);
    return { objects, traces };
  }

  private async newManifests(fromMs: number, untilMs: number): Promise<string[]> {
    const first = manifestKey(fromMs, { partition: 0, offset: 0 });
    const last = manifestKey(Math.max(untilMs, 0), { partition: 0, offset: 0 });
    const keys: string[] = [];
    const after = this.scannedThrough ?? first.slice(0, first.indexOf('_'));
    for await (const key of this.anomalies.list(manifestPrefix, after)) {
      if (key >= last || keys.length >= mostManifests) break;
      keys.push(key);
    }
    return keys;
  }

  private async read(key: string, source: Verdict['source']): Promise<Verdict[]> {
    try {
      const bytes = await this.anomalies.get(key);
      return bytes === undefined
        ? []
        : tracesOf(readTraceParquet(bytes), { bucket: this.anomalies.bucket, key }, source);
    } catch (error) {
      this.log.warn({ key, reason: messageOf(error) }, 'stored trace cannot be read');
      return [];
    }
  }
}

function tracesOf(
  spans: readonly StoredSpan[],
  object: { bucket: string; key: string },
  source: Verdict['source'],
): Verdict[] {
  const byTrace = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const list = byTrace.get(span.traceId);
    if (list === undefined) byTrace.set(span.traceId, [span]);
    else list.push(span);
  }
  return [...byTrace.values()].flatMap((trace) => {
    const root = trace.find(({ parentSpanId }) => parentSpanId === '') ?? trace[0];
    if (root === undefined) return [];
    const ends = trace.map(({ startUnixNano, durationNano }) =>
      Number(startUnixNano + durationNano - root.startUnixNano),
    );
    return {
      schema: 1,
      tenant: root.tenant,
      source,
      traceId: root.traceId,
      revision: Math.max(1, root.revision),
      eventTimeMs: Number(root.startUnixNano / 1_000_000n),
      entryService: serviceKey(root),
      entryOperation: root.operation,
      durationMs: Math.max(0, ...ends) / 1e6,
      spanCount: trace.length,
      failed: root.error,
      score: 0,
      threshold: 0,
      bundle: '',
      object,
      services: [...new Set(trace.map(serviceKey))].slice(0, 1024),
      findings: [],
    };
  });
}
