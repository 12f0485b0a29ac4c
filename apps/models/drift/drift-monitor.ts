import { topics } from '@plumbline/contracts';
import { driftEventId, encodeDriftEvent } from '@plumbline/wire';
import { silentLog, type Log, type OutgoingRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { traceModelName } from '../manifest';
import type { Role } from '../registry/decision';
import type { LearnedObserver } from '../serving/observer';
import type { DriftModels, Scored } from './baseline';
import { DriftFold, type FoldOptions } from './drift-fold';
import { DriftMetrics, featuresOf } from './drift-metrics';
import { keyOf, type Drift, type DriftReport } from './drift-report';

export interface DriftMonitorOptions extends Partial<FoldOptions> {
  /** Stretches in a row in which the same has to drift. @default 2 */
  readonly inARow?: number;
  /** Event time after a drift in which none is told of. @default 86_400_000, a day */
  readonly coolDownMs?: number;
  /** Is told of every stretch. @default - nobody is */
  readonly onReport?: (report: DriftReport) => void;
  readonly registry?: Registry;
  readonly log?: Log;
}

/** What a version was given and said of the traces of one record: serving's `ObservedBatch`, of which this is what matters here. */
export interface DriftBatch extends Scored {
  readonly models: DriftModels;
  /** Of a challenger drift starts nothing, so it is not watched. */
  readonly role: Role;
  /** One a row, milliseconds since the epoch. */
  readonly eventTimesMs: ArrayLike<number>;
}

/**
 * An hour, of which five minutes may come late; 0.25 is where credit scoring acts. By `npm run bench:drift` there is less than
 * one false drift in a month.
 */
export const defaultDrift = {
  stretchMs: 3_600_000,
  graceMs: 300_000,
  psi: 0.25,
  chance: 0.001,
  leastTraces: 500,
  inARow: 2,
  coolDownMs: 86_400_000,
} as const;

/** The version that decides, and the one before it while partitions catch up. */
const mostVersions = 2;
/** Features that a drift names; the others are counted. */
const mostNamed = 5;

interface Watch {
  readonly fold: DriftFold;
  /** In how many stretches in a row each of what drifts has drifted. */
  inARow: ReadonlyMap<string, number>;
  /** Event time before which no other drift is told of. */
  coolUntilMs: number;
}

/**
 * Watches whether traces are still what the version was trained with that judges them. What it says follows from the traces and
 * their event time alone. Each worker watches the traces of its own partitions: they are given out by trace id, so that each
 * has a fair sample of all; two that find the same tell of the same drift.
 */
export class DriftMonitor implements LearnedObserver {
  private readonly options;
  private readonly metrics: DriftMetrics;
  private readonly log: Log;
  /** By version; the one observed last is the last. */
  private readonly watches = new Map<string, Watch>();

  constructor(options: DriftMonitorOptions = {}) {
    this.options = { ...defaultDrift, ...options };
    this.metrics = new DriftMetrics(options.registry ?? new Registry());
    this.log = options.log ?? silentLog;
  }

  /**
   * Counts traces that the champion has scored.
   *
   * @returns drift to be told of, to be written with the batch's other records
   */
  observe({ models, role, eventTimesMs, rows, scores }: DriftBatch): readonly OutgoingRecord[] {
    if (role !== 'champion') return [];
    const watch = this.watchOf(models);
    const late = watch.fold.late;
    const reports = watch.fold.add({ rows, scores }, eventTimesMs);
    this.metrics.late.inc(watch.fold.late - late);
    return reports.flatMap((report) => {
      this.metrics.observe(report);
      this.options.onReport?.(report);
      return this.judge(watch, report);
    });
  }

  /** A version is served no more. */
  forget(version: string): void {
    this.watches.delete(version);
  }

  private watchOf(models: DriftModels): Watch {
    const { version } = models.manifest;
    let watch = this.watches.get(version);
    if (watch === undefined) {
      watch = { fold: new DriftFold(models, this.options), inARow: new Map(), coolUntilMs: -Infinity };
      this.metrics.forget();
    }
    this.watches.delete(version);
    this.watches.set(version, watch);
    for (const oldest of this.watches.keys()) if (this.watches.size > mostVersions) this.watches.delete(oldest);
    return watch;
  }

  private judge(watch: Watch, report: DriftReport): OutgoingRecord[] {
    // Of too few traces nothing is known: that neither goes on nor ends.
    if (report.drifts.length === 0) return [];
    const drifting = report.drifts.filter(({ drifts }) => drifts);
    watch.inARow = new Map(drifting.map(keyOf).map((key) => [key, (watch.inARow.get(key) ?? 0) + 1]));
    const lasting = drifting.filter((drift) => (watch.inARow.get(keyOf(drift)) ?? 0) >= this.options.inARow);
    if (lasting.length === 0 || report.fromMs < watch.coolUntilMs) return [];
    watch.coolUntilMs = report.throughMs + this.options.coolDownMs;
    return [this.tell(report, lasting)];
  }

  private tell({ version, fromMs, throughMs, traces }: DriftReport, lasting: readonly Drift[]): OutgoingRecord {
    const features = lasting.flatMap(({ kind, name, of, psi }) => (kind === 'feature' ? [{ name, of, psi }] : []));
    const event = {
      id: driftEventId({ model: traceModelName, version, fromMs }),
      model: traceModelName,
      version,
      psi: lasting[0]?.psi ?? 0,
      scores: lasting.flatMap(({ kind, name, psi }) => (kind === 'score' ? [{ name, psi }] : [])),
      features: features.slice(0, mostNamed),
      drifting: featuresOf(lasting),
      traces,
      fromMs,
      throughMs,
    };
    this.metrics.events.inc();
    this.log.warn(event, 'traces are no longer what the models were trained with');
    return {
      topic: topics.modelEvents.name,
      key: `${traceModelName}/drift`,
      value: encodeDriftEvent(event),
      timestampMs: throughMs,
    };
  }
}
