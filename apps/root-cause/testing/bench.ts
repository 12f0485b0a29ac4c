import { topics } from '@plumbline/contracts';
import {
  decodeAnalysisProgress,
  decodeIncident,
  encodeVerdict,
  encodeWindowStats,
  type AnalysisProgress,
  type Incident,
} from '@plumbline/wire';
import {
  EmbeddedLog,
  ManualClock,
  runToIdle,
  stepStage,
  type ObjectStore,
  type OutgoingRecord,
  type SteppedStage,
} from '@plumbline/worker';
import { Registry } from 'prom-client';
import type { RootCauseConfig } from '../config';
import { RootCause } from '../stage';
import type { DetectedRecord } from './messages';
import { config, profileOf } from './scenario';

/** Root cause as it runs in a worker: over a log in memory, read through a consumer group. */
export class Bench {
  readonly clock = new ManualClock(0);
  /** Of the worker that runs, or ran last. */
  registry = new Registry();
  private stepped: SteppedStage | undefined;

  private constructor(
    readonly log: EmbeddedLog,
    private readonly settings: RootCauseConfig,
    private readonly anomalies: ObjectStore | undefined,
  ) {}

  /** @param partitions of `traces-preprocessed` */
  static async open(partitions = 1, settings = config, anomalies?: ObjectStore): Promise<Bench> {
    const log = await EmbeddedLog.open({
      topics: [
        { name: topics.tracesPreprocessed.name, partitions },
        { name: topics.tracesDeadLetter.name, partitions: 1 },
        { name: topics.anomalies.name, partitions: 1 },
        { name: topics.windowStats.name, partitions: 1 },
        // Compacted in a cluster; here every revision is to be seen.
        { name: topics.incidents.name, partitions: 1 },
        { name: topics.analysisProgress.name, partitions: 1 },
      ],
    });
    return new Bench(log, settings, anomalies);
  }

  /** Starts a worker; one that ran before is gone as if it had been killed. */
  start(): void {
    this.registry = new Registry();
    const stage = new RootCause({
      registry: this.registry,
      config: this.settings,
      stream: this.log,
      profiles: { refresh: () => Promise.resolve(), forTime: () => profileOf() },
      clock: this.clock,
      ...(this.anomalies === undefined ? {} : { anomalies: this.anomalies }),
    });
    this.stepped = stepStage(stage, this.log, { clock: this.clock });
  }

  async append(records: readonly DetectedRecord[]): Promise<void> {
    await this.log.produce(records.flatMap(verdictRecords));
    await this.log.produce(records.map(statsRecord));
  }

  /** Lets the worker do what there is to do, and commit. */
  async run(): Promise<void> {
    if (this.stepped === undefined) this.start();
    const stages = this.stepped === undefined ? [] : [this.stepped];
    await runToIdle(stages);
    for (const stage of stages) await stage.tick();
  }

  async stop(): Promise<void> {
    await this.stepped?.stop();
    this.stepped = undefined;
  }

  /** Progress told so far. */
  async progress(): Promise<AnalysisProgress[]> {
    const told: AnalysisProgress[] = [];
    await this.log.readAll(topics.analysisProgress.name, ({ value }) => {
      if (value !== null) told.push(decodeAnalysisProgress(value));
    });
    return told;
  }

  /** Everything published so far, each without its wall time. */
  async published(): Promise<Incident[]> {
    const incidents: Incident[] = [];
    await this.log.readAll(topics.incidents.name, ({ value }) => {
      if (value !== null) incidents.push({ ...decodeIncident(value), publishedAtMs: 0 });
    });
    return incidents;
  }
}

export function verdictRecords({ verdicts, recordTimeMs }: DetectedRecord): OutgoingRecord[] {
  return verdicts.map((verdict) => ({
    topic: topics.anomalies.name,
    key: verdict.tenant,
    value: encodeVerdict(verdict),
    timestampMs: recordTimeMs,
  }));
}

export function statsRecord({ stats, recordTimeMs }: DetectedRecord): OutgoingRecord {
  return {
    topic: topics.windowStats.name,
    key: stats.tenant,
    value: encodeWindowStats(stats),
    timestampMs: recordTimeMs,
  };
}
