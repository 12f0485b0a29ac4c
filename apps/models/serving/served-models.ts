import type {
  LearnedJudgement,
  LearnedModels as JudgingModels,
  LearnedReader,
  MeasuredTrace,
} from '@plumbline/anomaly-detection';
import { messageOf, type Log, type OutgoingRecord } from '@plumbline/worker';
import type { Role } from '../registry/decision';
import type { Comparison } from './comparison';
import type { LoadedVersion, ScoredRows } from './loaded-version';
import type { Agreement, LearnedMetrics } from './metrics';
import type { LearnedObserver } from './observer';
import { placeOf, saltOf } from './split';

/** What is told of what versions say. */
export interface ServedContext {
  readonly metrics: LearnedMetrics;
  readonly comparison: Comparison;
  readonly log: Log;
  readonly observer?: LearnedObserver;
  /** Takes what the observer wants published. */
  readonly publish: (records: readonly OutgoingRecord[]) => void;
}

/** Who judges, and who for how large a share beside it. */
export interface Serving {
  readonly champion?: LoadedVersion;
  readonly challenger?: LoadedVersion;
  /** Of the challenger, between 0 and 1. */
  readonly share: number;
}

interface Scored extends ScoredRows {
  readonly role: Role;
  readonly loaded: LoadedVersion;
  /** Row by row of the batch. */
  readonly rowOf: ReadonlyMap<number, number>;
}

/**
 * The versions that hold from one event time to another. Both score every trace; one of them judges it: the challenger where
 * the place of the trace id is below its share, else the champion, or nobody where there is none.
 */
export class ServedModels implements JudgingModels {
  private readonly salt: number;
  private readonly versions: readonly (readonly [Role, LoadedVersion])[];

  constructor(
    private readonly serving: Serving,
    private readonly context: ServedContext,
  ) {
    const { champion, challenger } = serving;
    this.salt = saltOf(challenger?.version ?? '');
    this.versions = [
      ...(champion === undefined ? [] : [['champion', champion] as const]),
      ...(challenger === undefined ? [] : [['challenger', challenger] as const]),
    ];
  }

  isOf(version: string): boolean {
    return this.versions.some(([, loaded]) => loaded.version === version);
  }

  read(): LearnedReader {
    const versions = this.versions.filter(([, loaded]) => !loaded.isDisposed);
    let ids = new Uint8Array(0);
    let eventTimesMs: ArrayLike<number> = [];
    for (const [, loaded] of versions) loaded.begin();
    const failed = new Set<LoadedVersion>();
    const guarded = <T>(loaded: LoadedVersion, run: () => T): T | undefined => {
      try {
        return failed.has(loaded) ? undefined : run();
      } catch (error) {
        failed.add(loaded);
        this.context.metrics.failures.inc({ version: loaded.version });
        const reason = messageOf(error);
        this.context.log.warn({ version: loaded.version, reason }, 'models could not score; the profile judges alone');
        return undefined;
      }
    };
    return {
      read: (measured: MeasuredTrace) => {
        ids = measured.batch.traces.traceId as typeof ids;
        eventTimesMs = measured.batch.traces.eventTimeMs;
        for (const [, loaded] of versions) guarded(loaded, () => loaded.read(measured));
      },
      judge: (isAnomalous) => {
        const scored = versions.flatMap(([role, loaded]) => guarded(loaded, () => this.score(role, loaded)) ?? []);
        for (const each of scored) this.tell(each, eventTimesMs);
        return this.judgements(scored, ids, isAnomalous);
      },
    };
  }

  private score(role: Role, loaded: LoadedVersion): Scored | undefined {
    const stop = this.context.metrics.inference.startTimer({ version: loaded.version });
    const scored = loaded.score();
    if (scored === undefined) return undefined;
    stop();
    const rowOf = new Map<number, number>();
    for (let row = 0; row < scored.rows.rows; row += 1) rowOf.set(scored.rows.traces[row] ?? 0, row);
    return { ...scored, role, loaded, rowOf };
  }

  private tell({ models, rows, scores, role }: Scored, times: ArrayLike<number>): void {
    const { observer, publish, log } = this.context;
    if (observer === undefined) return;
    try {
      const eventTimesMs = Float64Array.from(rows.traces, (trace) => times[trace] ?? 0);
      publish(observer.observe({ models, role, rows, scores, eventTimesMs }) ?? []);
    } catch (error) {
      log.warn({ version: models.manifest.version, reason: messageOf(error) }, 'scores could not be observed');
    }
  }

  /** Whether the challenger judges a trace. */
  private isOfChallenger(ids: Uint8Array, trace: number): boolean {
    return this.serving.challenger !== undefined && placeOf(ids, trace, this.salt) < this.serving.share;
  }

  private judgements(
    scored: readonly Scored[],
    ids: Uint8Array,
    isAnomalous: (trace: number) => boolean | undefined,
  ): ReadonlyMap<number, LearnedJudgement> {
    const judged = new Map<number, LearnedJudgement>();
    for (const each of scored) {
      const other = scored.find(({ role }) => role !== each.role);
      const tally = new BatchTally(each.role, other?.role, this.context, each.loaded.version);
      const { mayDecide, version, featureSchema, threshold } = each.loaded;
      for (const [trace, row] of each.rowOf) {
        const combined = each.scores.combined[row];
        if (combined === undefined) continue;
        const judges = this.isOfChallenger(ids, trace) === (each.role === 'challenger');
        const profileAnomalous = isAnomalous(trace);
        if (profileAnomalous === undefined) continue;
        const otherRow = other?.rowOf.get(trace);
        const otherExceeds = otherRow === undefined ? undefined : other?.scores.combined[otherRow]?.exceeds;
        const { exceeds, score } = combined;
        const anomalous = exceeds && mayDecide;
        tally.add({ judges, exceeds, surprise: score, profileAnomalous, otherExceeds, decides: anomalous });
        if (!judges) continue;
        const put = () => ({ ...each.scores.put(row), role: each.role });
        judged.set(trace, { version, featureSchema, anomalous, score, threshold, put });
      }
      tally.end();
    }
    return judged;
  }
}

/** Counts the traces of one record, and tells the metrics once: looking up labels for each trace would cost more than counting. */
class BatchTally {
  private readonly counts = new Map<string, number>();
  private readonly surprise: { observe(value: number): void };

  constructor(
    private readonly role: Role,
    private readonly other: Role | undefined,
    private readonly context: ServedContext,
    private readonly version: string,
  ) {
    this.surprise = context.metrics.surprise.labels({ version, role });
  }

  add(trace: {
    readonly judges: boolean;
    readonly exceeds: boolean;
    readonly surprise: number;
    readonly profileAnomalous: boolean;
    readonly otherExceeds: boolean | undefined;
    readonly decides: boolean;
  }): void {
    const { judges, exceeds, profileAnomalous, otherExceeds } = trace;
    const part = judges ? 'judges' : 'compares';
    this.count(`traces ${part}`);
    if (exceeds) this.count(`exceeding ${part}`);
    if (judges && trace.decides && !profileAnomalous) this.count('decided');
    this.count(`with profile ${agreementOf(exceeds, profileAnomalous)}`);
    if (otherExceeds !== undefined) this.count(`with other ${agreementOf(exceeds, otherExceeds)}`);
    this.surprise.observe(trace.surprise);
    this.context.comparison.add(this.version, this.role, trace);
  }

  end(): void {
    const { metrics } = this.context;
    const labels = { version: this.version, role: this.role };
    for (const [key, count] of this.counts) {
      const [what = '', which = '', result = ''] = key.split(' ');
      if (what === 'traces') metrics.traces.inc({ ...labels, part: which }, count);
      else if (what === 'exceeding') metrics.exceeding.inc({ ...labels, part: which }, count);
      else if (what === 'decided') metrics.decided.inc(labels, count);
      else {
        const other = which === 'profile' ? which : (this.other ?? which);
        metrics.agreement.inc({ ...labels, with: other, result }, count);
      }
    }
  }

  private count(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

function agreementOf(it: boolean, other: boolean): Agreement {
  if (it === other) return it ? 'both' : 'neither';
  return it ? 'only-it' : 'only-other';
}
