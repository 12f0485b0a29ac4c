import { indexBatch, ProfileScorer, type TraceReader } from '@plumbline/anomaly-detection';
import { bundleKey, currentProfileKey } from '@plumbline/contracts';
import {
  Autoencoder,
  Combination,
  FeatureCounter,
  FeatureReader,
  IsolationForest,
  ModelRegistry,
  packVersion,
  PathCounter,
  StoreBackend,
  trainingDistribution,
  versionFolder,
  writeVersion,
  type FeatureRows,
  type HeldBack,
  type ManifestDraft,
} from '@plumbline/models';
import { learn, type AssembledBatch } from '@plumbline/standalone';
import { decodeTraceBatch, encodeBundle } from '@plumbline/wire';
import type { ObjectStore } from '@plumbline/worker';
import { preprocessInMemory } from './in-memory';
import { makeLoad } from './load';

/** Traces that the profile and the models learn from, and those by which they are calibrated, twice. */
const learnt = 8_000;
const heldBack = 4_000;
const epochs = 10;
/** Before all traces of a load. */
const fromMs = 0;

/**
 * Fills a model store with a profile and an approved version of the learned models, of the sizes that training makes, learnt from
 * traces like those of the load.
 */
export async function writeLearnedStore(store: ObjectStore): Promise<void> {
  const batches = await assembled(learnt + 2 * heldBack);
  const { bundle: told } = learn(batches);
  const bundle = { ...told, version: '000001-bench', effectiveFromMs: fromMs };
  const scorer = new ProfileScorer(bundle);
  const key = bundleKey('profile', bundle.version);
  await store.put(key, encodeBundle(bundle));
  const pointer = { schema: 1, bundles: [{ version: bundle.version, key, effectiveFromMs: fromMs }] };
  await store.put(currentProfileKey, Buffer.from(JSON.stringify(pointer)));

  const [features, paths] = [new FeatureCounter(), new PathCounter()];
  read(scorer, batches, features, paths);
  const [schema, pathModel] = [features.define(), paths.model()];
  const reader = new FeatureReader(schema, pathModel);
  read(scorer, batches, reader);
  const rows = reader.take();
  const train = part(rows, 0, learnt);
  const { autoencoder } = await Autoencoder.train(train, { epochs });
  const forest = IsolationForest.train(train, schema.dense);
  const judged = (from: number): HeldBack => {
    const some = part(rows, from, heldBack);
    const [auto, trees, ways] = [autoencoder, forest, pathModel].map((model) => model.score(some));
    if (auto === undefined || trees === undefined || ways === undefined) throw new RangeError('three models');
    const scores = { profile: some.profile, autoencoder: auto, 'isolation-forest': trees, paths: ways };
    return { entries: some.entries, scores };
  };
  const first = judged(learnt);
  const content = {
    schema,
    paths: pathModel,
    forest,
    autoencoder,
    combination: Combination.fit(draft.evaluation.alarmRate, first, judged(learnt + heldBack)),
    training: trainingDistribution(train, first.scores),
    profile: encodeBundle(bundle),
  };
  const packed = packVersion(content, { ...draft, profile: bundle.version }, { sequence: 1, card: () => '# Bench\n' });
  await writeVersion(store, packed);
  const { version } = packed.manifest;
  const registry = new ModelRegistry(new StoreBackend(store), store.bucket);
  await registry.register((await store.get(`${versionFolder(version)}manifest.json`)) ?? new Uint8Array(0));
  await registry.approve(version, { as: 'champion', effectiveFromMs: fromMs, by: 'bench' });
}

/** Traces like those of the load, and not the same. */
async function assembled(traces: number): Promise<AssembledBatch[]> {
  const batches: AssembledBatch[] = [];
  await preprocessInMemory([[...makeLoad({ traces, partitions: 1, seed: 2 })]], (records) => {
    for (const { value } of records) {
      if (value === null) continue;
      const batch = decodeTraceBatch(value);
      if (batch.traces.count > 0) batches.push({ batch, index: indexBatch(batch) });
    }
  });
  return batches;
}

function read(scorer: ProfileScorer, batches: readonly AssembledBatch[], ...readers: readonly TraceReader[]): void {
  for (const { batch, index } of batches) {
    const all = Array.from({ length: batch.traces.count }, (_, trace) => trace);
    scorer.score(batch, index, all, { read: (measured) => readers.forEach((each) => each.read(measured)) });
  }
}

function part(rows: FeatureRows, from: number, count: number): FeatureRows {
  const { width } = rows;
  return {
    rows: count,
    width,
    values: rows.values.slice(from * width, (from + count) * width),
    traces: rows.traces.slice(from, from + count),
    entries: rows.entries.slice(from, from + count),
    profile: rows.profile.slice(from, from + count),
  };
}

/** What is said of the version counts for nothing here: it scores in the shadow. */
const none = { precision: 0, recall: 0, f1: 0, auc: 0 };
const draft: ManifestDraft = {
  createdAtMs: 0,
  profile: '',
  lineage: { fromMs: 0, throughMs: 0, normalTraces: learnt, anomalousTraces: 0, feedbackLabels: 0, code: 'bench' },
  parameters: { epochs },
  evaluation: {
    alarmRate: 0.01,
    normalTraces: heldBack,
    faultyTraces: 0,
    scorers: { profile: none, autoencoder: none, 'isolation-forest': none, paths: none, combined: none },
    gainLowerBound: 0,
  },
  role: 'shadow',
};
