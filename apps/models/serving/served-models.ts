import type {
  LearnedJudgement,
  LearnedModels as JudgingModels,
  LearnedReader,
  MeasuredTrace,
} from '@plumbline/anomaly-detection';
import type { TraceBatch } from '@plumbline/wire';
import { messageOf, type Log, type OutgoingRecord } from '@plumbline/worker';
import type { Role } from '../registry/decision';
import type { Compared, Comparison } from './comparison';
import type { LoadedVersion, ScoredRows } from './loaded-version';
import { agreements, parts, type Agreement, type LearnedMetrics } from './metrics';
import type { LearnedObserver } from './observer';
import { placeOf, saltOf } from './split';

/** Other traces than a challenger's: its share of those that are scored is what it is of all. */
const shadowSalt = saltOf('shadow');

/** What is told of what versions say. */
export interface ServedContext {
  readonly metrics: LearnedMetrics;
  readonly comparison: Comparison;
  readonly log: Log;
  readonly observer?: LearnedObserver;
  /** Of the records whose traces are scored while none of the versions may decide, between 0 and 1: they suffice to compare them by. */
  readonly shadowShare: number;
  /** Takes what the observer wants published. */
  readonly publish: (records: readonly OutgoingRecord[]) => void;
}

/** Who judges, and who for how large a share beside it. */
export interface Serving<Version = LoadedVersion> {
  readonly champion?: Version;
  readonly challenger?: Version;
  /** Of the challenger, between 0 and 1. */
  readonly share: number;
}

interface Scored extends ScoredRows {
  readonly role: Role;
  readonly loaded: LoadedVersion;
}

/**
 * The versions that hold from one event time to another. Both score every trace, or those of a share of the records while neither may
 * decide: most of what scoring costs is the same for a record of one trace as for one of a hundred, so that a share of each record would
 * save little. One of them judges a trace: the challenger where the place of the trace id is below its share, else the champion, or nobody
 * where there is none.
 */
export class ServedModels implements JudgingModels {
  private readonly salt: number;
  private readonly warned = new Set<string>();
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

  read({ traces }: TraceBatch): LearnedReader | undefined {
    const versions = this.versions.filter(([, loaded]) => !loaded.isDisposed);
    const share = versions.some(([, loaded]) => loaded.mayDecide) ? 1 : this.context.shadowShare;
    // By what is in the record, so that a replay scores the same.
    if (share < 1 && placeOf(traces.traceId, 0, shadowSalt) >= share) return undefined;
    for (const [, loaded] of versions) loaded.begin();
    const failed = new Set<LoadedVersion>();
    const guarded = <T>(loaded: LoadedVersion, run: () => T): T | undefined => {
      try {
        return failed.has(loaded) ? undefined : run();
      } catch (error) {
        failed.add(loaded);
        this.context.metrics.failures.inc({ version: loaded.version });
        this.warnOnce(loaded.version, messageOf(error));
        return undefined;
      }
    };
    return {
      read: (measured: MeasuredTrace) => {
        for (const [, loaded] of versions) guarded(loaded, () => loaded.read(measured));
      },
      judge: (isAnomalous) => {
        const scored = versions.flatMap(([role, loaded]) => guarded(loaded, () => this.score(role, loaded)) ?? []);
        for (const each of scored) this.tell(each, traces.eventTimeMs);
        return this.judgements(scored, traces.traceId, isAnomalous);
      },
    };
  }

  /** What fails in one record fails in all that follow, perhaps hundreds a second; the metric counts them. */
  private warnOnce(version: string, reason: string): void {
    if (this.warned.has(version)) return;
    this.warned.add(version);
    this.context.log.warn({ version, reason }, 'models could not score; the profile judges alone');
  }

  private score(role: Role, loaded: LoadedVersion): Scored | undefined {
    const stop = this.context.metrics.inference.startTimer({ version: loaded.version });
    const scored = loaded.score();
    if (scored === undefined) return undefined;
    stop();
    return { ...scored, role, loaded };
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
      for (const [row, trace] of each.rows.traces.entries()) {
        const combined = each.scores.combined[row];
        if (combined === undefined) continue;
        const judges = this.isOfChallenger(ids, trace) === (each.role === 'challenger');
        const profileAnomalous = isAnomalous(trace);
        if (profileAnomalous === undefined) continue;
        // Both read the same traces in the same order.
        const otherExceeds = other?.scores.combined[row]?.exceeds;
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

/** What the metrics are told of the traces of one record: looking up labels for each trace would cost more than counting. */
class BatchTally {
  private readonly traces = { judges: 0, compares: 0 };
  private readonly exceeding = { judges: 0, compares: 0 };
  private readonly withProfile = { both: 0, neither: 0, 'only-it': 0, 'only-other': 0 };
  private readonly withOther = { both: 0, neither: 0, 'only-it': 0, 'only-other': 0 };
  private decided = 0;
  private readonly surprise: { observe(value: number): void };

  constructor(
    private readonly role: Role,
    private readonly other: Role | undefined,
    private readonly context: ServedContext,
    private readonly version: string,
  ) {
    this.surprise = context.metrics.surprise.labels({ version, role });
  }

  add(trace: Compared & { readonly judges: boolean; readonly decides: boolean }): void {
    const { exceeds, profileAnomalous, otherExceeds } = trace;
    const part = trace.judges ? 'judges' : 'compares';
    this.traces[part] += 1;
    if (exceeds) this.exceeding[part] += 1;
    if (trace.judges && trace.decides && !profileAnomalous) this.decided += 1;
    this.withProfile[agreementOf(exceeds, profileAnomalous)] += 1;
    if (otherExceeds !== undefined) this.withOther[agreementOf(exceeds, otherExceeds)] += 1;
    this.surprise.observe(trace.surprise);
    this.context.comparison.add(this.version, this.role, trace);
  }

  end(): void {
    const { metrics } = this.context;
    const labels = { version: this.version, role: this.role };
    for (const part of parts) {
      metrics.traces.inc({ ...labels, part }, this.traces[part]);
      metrics.exceeding.inc({ ...labels, part }, this.exceeding[part]);
    }
    metrics.decided.inc(labels, this.decided);
    for (const result of agreements) {
      metrics.agreement.inc({ ...labels, with: 'profile', result }, this.withProfile[result]);
      if (this.other === undefined) continue;
      metrics.agreement.inc({ ...labels, with: this.other, result }, this.withOther[result]);
    }
  }
}

function agreementOf(it: boolean, other: boolean): Agreement {
  if (it === other) return it ? 'both' : 'neither';
  return it ? 'only-it' : 'only-other';
}
