import { AnomalyDetection, BundleSource, detectionConfig } from '@plumbline/anomaly-detection';
import { buckets, topics } from '@plumbline/contracts';
import { ModelRegistry, ModelSource, modelSourceConfig, StoreBackend } from '@plumbline/models';
import { LocalObjectStore, MemoryObjectStore, type RecordBatch, type StreamRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { preprocessInMemory } from './in-memory';
import type { Judges } from './job';
import type { LoadMessage } from './load';
import { spansPerTrace } from './load';
import type { Meter } from './meter';

export interface DetectWork {
  /** Folder of the model store. */
  readonly models: string;
  readonly by: Judges;
}

/** Traces per thousand that must have been scored, or the measurement is of something else. */
const leastScored = 0.99;

/** Detection as its worker runs it, with metrics, on what preprocessing made of the load; objects are not written. */
export async function detect(
  load: Iterable<readonly LoadMessage[]>,
  { models, by }: DetectWork,
  meter: Meter,
): Promise<void> {
  const store = await LocalObjectStore.open(models, buckets.mlModels);
  const bundles = new BundleSource(store, { pollMs: 1000 });
  const registry = new Registry();
  const learned =
    by === 'profile'
      ? undefined
      : new ModelSource({
          registry: new ModelRegistry(new StoreBackend(store), store.bucket),
          models: store,
          ...modelSourceConfig({ MODEL_POLL_SECONDS: '1', ...(by === 'models' && { MODEL_SHADOW_SHARE: '1' }) }),
          patienceMs: 60_000,
          metrics: registry,
        });
  const config = detectionConfig({});
  const anomalies = new MemoryObjectStore(buckets.anomalyData);
  const stage = new AnomalyDetection({ config, bundles, anomalies, registry, ...(learned && { learned }) });
  const batches: RecordBatch[] = [];
  let offset = 0;
  await preprocessInMemory(load, (records) => {
    const read = records.flatMap(({ value, headers = {}, timestampMs }): StreamRecord[] =>
      value === null ? [] : [{ offset: offset++, timestampMs: timestampMs ?? 0, key: null, value, headers }],
    );
    if (read.length === 0) return;
    batches.push({ topic: topics.tracesPreprocessed.name, partition: 0, records: read, highWatermark: 0 });
  });
  await stage.reset([{ topic: topics.tracesPreprocessed.name, partition: 0 }]);
  const judged = registry.getSingleMetric('plumbline_detection_spans_total');
  for (const batch of batches) {
    const before = await spansOf(judged);
    meter.start();
    await stage.process(batch);
    const after = await spansOf(judged);
    meter.add(after - before);
    meter.pause();
  }
  const share = { profile: 0, shadow: 0.1, models: 1 }[by];
  await checkScored(registry, (share * meter.spans) / spansPerTrace);
}

type Metric = ReturnType<Registry['getSingleMetric']>;

async function spansOf(metric: Metric): Promise<number> {
  return (await metric?.get())?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

/** @throws {Error} where models that were to score did not */
async function checkScored(registry: Registry, traces: number): Promise<void> {
  const scored = await spansOf(registry.getSingleMetric('plumbline_learned_traces_total'));
  if (scored < traces * leastScored) throw new Error(`of ${traces} traces models scored ${scored}`);
}
