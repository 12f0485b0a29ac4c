import type { LearnedModels as JudgingModels, LearnedModelsSource } from '@plumbline/anomaly-detection';
import { messageOf, silentLog, type Log, type ObjectStore, type OutgoingRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { Autoencoder } from '../autoencoder';
import { readVersion, type FiledModelLoader } from '../bundle';
import type { Role } from '../registry/decision';
import { objectionToBacktest } from '../registry/gate';
import type { ModelRegistry } from '../registry/model-registry';
import { RegistryPoll } from '../registry/registry-poll';
import type { Activation, ListedVersion, Served, ServedVersion } from '../registry/served';
import { Comparison } from './comparison';
import { LoadedVersion } from './loaded-version';
import { LearnedMetrics, refusals } from './metrics';
import type { LearnedObserver } from './observer';
import { refusalOf, WorseBacktestError, type RefusedVersion } from './refusals';
import { RegistryLog } from './registry-log';
import { segmentsOf, wantedVersions } from './segments';
import { ServedModels, type ServedContext, type Serving } from './served-models';
import { versionStatus, type ModelSourceStatus } from './status';

export interface ModelSourceOptions {
  readonly registry: Pick<ModelRegistry, 'served' | 'versions' | 'logMetrics'>;
  /** Bucket of the models. */
  readonly models: ObjectStore;
  /** Time between two looks at the registry, milliseconds; shorter than versions are approved ahead of the traces. */
  readonly pollMs: number;
  readonly log?: Log;
  /** Where metrics go. @default - nowhere */
  readonly metrics?: Registry;
  /** Of the traces that versions score while none of them may decide, above 0 and at most 1. @default 1 */
  readonly shadowShare?: number;
  /** Is told of everything that is scored. */
  readonly observer?: LearnedObserver;
  /** Longest time that a look, or loading, holds up judging, milliseconds; both go on beyond it. @default 5_000 */
  readonly patienceMs?: number;
  /** Makes an autoencoder of its files. @default Autoencoder.load */
  readonly autoencoder?: FiledModelLoader;
}

/**
 * The learned models that are approved: looks at the registry now and then, loads what serves and lets go of what does not.
 *
 * Versions change at the event time that their approval names, so whoever judges a trace, live, after a restart or in a replay,
 * judges by the same one. What is wrong is refused and told of, and what was there goes on; a registry or a store that is away
 * leaves everything as it was.
 *
 * @example
 * const registry = await openRegistry(process.env, () => Promise.resolve(models));
 * const learned = new ModelSource({ registry, models, pollMs: 10_000 });
 * const stage = new AnomalyDetection({ config, bundles, anomalies, learned });
 */
export class ModelSource implements LearnedModelsSource {
  private readonly loaded = new Map<string, LoadedVersion>();
  private readonly refused = new Map<string, RefusedVersion>();
  private listed: ReadonlyMap<string, ListedVersion> = new Map();
  private segments: readonly { readonly fromMs: number; readonly models: ServedModels | undefined }[] = [];
  private byServing = new Map<string, ServedModels>();
  private served: Served | undefined;
  private records: OutgoingRecord[] = [];
  private updating: Promise<void> | undefined;
  private isClosed = false;
  private isListStale = true;
  private readonly poller: RegistryPoll;
  private readonly metrics: LearnedMetrics;
  private readonly context: ServedContext;
  private readonly registryLog: RegistryLog;
  private readonly log: Log;
  private readonly patienceMs: number;
  private lastUpdateMs = -Infinity;

  constructor(private readonly options: ModelSourceOptions) {
    const { registry, pollMs, patienceMs = 5_000, log = silentLog, observer, shadowShare = 1 } = options;
    this.log = log;
    this.patienceMs = patienceMs;
    this.metrics = new LearnedMetrics(options.metrics ?? new Registry());
    const comparison = new Comparison();
    this.registryLog = new RegistryLog(registry, comparison, this.metrics, log);
    this.context = {
      shadowShare,
      metrics: this.metrics,
      comparison,
      log,
      publish: (records) => this.records.push(...records),
      ...(observer && { observer }),
    };
    const onChange = (): void => {
      // What somebody decided anew is looked at anew.
      this.refused.clear();
      this.isListStale = true;
    };
    this.poller = new RegistryPoll(registry, { pollMs, patienceMs, log, onChange });
  }

  at(eventTimeMs: number): JudgingModels | undefined {
    return this.segments.findLast(({ fromMs }) => fromMs <= eventTimeMs)?.models;
  }

  async poll(nowMs: number): Promise<void> {
    if (this.isClosed) return;
    await this.poller.poll(nowMs);
    this.metrics.registryAnswered.set((this.poller.status().answeredMs ?? 0) / 1000);
    this.registryLog.log(nowMs);
    const { served } = this.poller;
    const isDue = nowMs - this.lastUpdateMs >= this.options.pollMs;
    if (served === undefined || this.updating !== undefined || (served === this.served && !isDue)) return;
    this.lastUpdateMs = nowMs;
    this.updating = this.update(served)
      .catch((error: unknown) => this.log.warn({ reason: messageOf(error) }, 'models could not be changed'))
      .finally(() => (this.updating = undefined));
    await within(this.updating, this.patienceMs);
  }

  takeRecords(): readonly OutgoingRecord[] {
    if (this.records.length === 0) return this.records;
    const taken = this.records;
    this.records = [];
    return taken;
  }

  status(): ModelSourceStatus {
    const { answeredMs, error } = this.poller.status();
    const { champion, challenger } = this.served?.timeline ?? { champion: [], challenger: [] };
    const of = (role: Role, activations: readonly Activation[]) =>
      activations.slice(-4).map((activation) => versionStatus(role, activation, this.loaded, this.listed));
    return {
      versions: [...of('champion', champion), ...of('challenger', challenger)],
      refused: Object.fromEntries([...this.refused].map(([version, { kind, reason }]) => [version, { kind, reason }])),
      problems: this.served?.problems ?? [],
      ...(this.registryLog.problem !== undefined && { comparisonsNotLogged: this.registryLog.problem }),
      ...(answeredMs !== undefined && { answeredMs }),
      ...(error !== undefined && { error }),
    };
  }

  /** Lets go of all models; what is being loaded is let go of when it is here. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.updating;
    this.segments = [];
    for (const version of [...this.loaded.keys()]) this.drop(version);
    await this.registryLog.settled();
  }

  private async update(served: Served): Promise<void> {
    const wanted = wantedVersions(served);
    const missing = wanted.filter(
      ({ version }) => !this.loaded.has(version) && this.refused.get(version)?.isFinal !== true,
    );
    if (missing.length > 0 || (this.isListStale && wanted.length > 0)) await this.list();
    for (const version of missing) await this.load(version);
    this.served = served;
    this.activate(served);
    const names = new Set(wanted.map(({ version }) => version));
    for (const version of [...this.loaded.keys()]) if (!names.has(version)) this.drop(version);
    for (const version of this.refused.keys()) if (!names.has(version)) this.refused.delete(version);
    this.observe(served);
  }

  /** Who approved what, and what manifests say. Without an answer it is as it was last. */
  private async list(): Promise<void> {
    try {
      this.listed = new Map((await this.options.registry.versions()).map((version) => [version.version, version]));
      this.isListStale = false;
    } catch (error) {
      this.log.warn({ reason: messageOf(error) }, 'versions of the models could not be listed');
    }
  }

  private async load(served: ServedVersion): Promise<void> {
    const { version, featureSchema, manifestSha256 } = served;
    try {
      this.checkBacktest(version);
      const { models, autoencoder = loadAutoencoder } = this.options;
      const read = await readVersion(models, version, { featureSchema, manifestSha256, autoencoder });
      this.loaded.set(version, new LoadedVersion(read));
      this.refused.delete(version);
      this.log.info({ version, profile: served.profile, decides: served.decides }, 'models loaded');
    } catch (error) {
      const refusal = refusalOf(error);
      const isNew = this.refused.get(version)?.reason !== refusal.reason;
      this.refused.set(version, refusal);
      if (isNew) this.log.warn({ version, ...refusal }, 'models are refused; what judged before goes on');
    }
  }

  /** @throws {WorseBacktestError} unless somebody gave a reason why it is to serve nevertheless */
  private checkBacktest(version: string): void {
    const listed = this.listed.get(version);
    const parent = this.listed.get(listed?.manifest.lineage.parent ?? '');
    if (listed === undefined || parent === undefined || listed.approval?.despite !== undefined) return;
    const objection = objectionToBacktest(listed.manifest, parent.manifest, `of its parent ${parent.version}`);
    if (objection !== undefined) throw new WorseBacktestError(version, objection);
  }

  private activate(served: Served): void {
    const byServing = new Map<string, ServedModels>();
    const modelsOf = (serving: Serving): ServedModels | undefined => {
      const { champion, challenger, share } = serving;
      if (champion === undefined && challenger === undefined) return undefined;
      const key = JSON.stringify([champion?.version, challenger?.version, share]);
      // The same object while it is the same, so that traces judged by it stay in one scoring call.
      const models = byServing.get(key) ?? this.byServing.get(key) ?? new ServedModels(serving, this.context);
      byServing.set(key, models);
      return models;
    };
    this.segments = segmentsOf(served, this.loaded).map(({ fromMs, serving }) => ({
      fromMs,
      models: modelsOf(serving),
    }));
    this.byServing = byServing;
  }

  private drop(version: string): void {
    this.loaded.get(version)?.dispose();
    this.loaded.delete(version);
    this.metrics.forget(version);
    this.options.observer?.forget?.(version);
    for (const [key, models] of this.byServing) if (models.isOf(version)) this.byServing.delete(key);
    this.log.info({ version }, 'models are served no more');
  }

  private observe({ timeline }: Served): void {
    const { metrics, loaded } = this;
    metrics.loaded.set(loaded.size);
    metrics.effectiveFrom.reset();
    metrics.decides.reset();
    for (const role of ['champion', 'challenger'] as const) {
      for (const { version } of timeline[role]) {
        if (version === undefined || !loaded.has(version.version)) continue;
        metrics.effectiveFrom.set({ version: version.version, role }, version.effectiveFromMs / 1000);
        metrics.decides.set({ version: version.version, role }, version.decides ? 1 : 0);
      }
    }
    for (const reason of refusals) {
      metrics.refused.set({ reason }, [...this.refused.values()].filter(({ kind }) => kind === reason).length);
    }
  }
}

function loadAutoencoder(files: ReadonlyMap<string, Uint8Array>): Promise<Autoencoder> {
  return Autoencoder.load(files);
}

async function within(work: Promise<void>, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
