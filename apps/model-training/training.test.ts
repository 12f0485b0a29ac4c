import { Autoencoder, ModelRegistry, readVersion, StoreBackend } from '@plumbline/models';
import { otlpRequest } from '@plumbline/preprocessing/testing';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { MemoryObjectStore, silentLog } from '@plumbline/worker';
import { RunFolder } from './dataset/run-folder';
import { extract } from './extract';
import { readFeatureTable } from './features/feature-table';
import { evaluateModels } from './steps/evaluate-step';
import { computeFeatures, featureFiles } from './steps/features-step';
import { registerModels } from './steps/register-step';
import { trainModels, trainedFiles } from './steps/train-step';

const epochMs = 1_780_000_000_000;

async function extracted(name: string, traces: number): Promise<RunFolder> {
  const run = new RunFolder(new MemoryObjectStore('ml-models'), name);
  await extract({
    run,
    normal: async function* () {
      for (let index = 0; index < traces; index += 1) {
        yield await Promise.resolve({ bytes: otlpRequest(shopTrace(index, 1)), path: String(index) });
      }
    },
    incidents: [],
    answers: { confirmed: new Set(), refuted: new Set() },
    fromMs: epochMs,
    throughMs: epochMs + traces * 250,
    budgets: { normal: 10_000, anomalous: 0 },
    seed: 'a',
    log: silentLog,
  });
  return run;
}

describe('A training', () => {
  it('learns from some normal traces, and measures on others what it is worth beside the profile', async () => {
    const run = await extracted('whole', 2000);
    const features = await computeFeatures({ run, log: silentLog });
    expect(features.traces).toMatchObject({ train: 800, calibrate: 200, combine: 400, evaluate: 200, anomalous: 0 });
    expect(features.traces.faulty).toBeGreaterThan(170);
    const trained = await trainModels({ run, epochs: 10, log: silentLog });
    expect(trained.rows).toBe(800);
    const { evaluation, backtest } = await evaluateModels({ run, alarmRate: 0.01, log: silentLog });
    expect(evaluation.normalTraces).toBe(200);
    const { profile, combined } = evaluation.scorers;
    expect(profile.auc).toBeGreaterThan(0.7);
    expect(combined.auc).toBeGreaterThan(0.7);
    expect(backtest.incidents).toBe(0);
  });

  it('registers one version, however often that step is done, and decides only where somebody asks for it', async () => {
    const run = await extracted('registered', 1200);
    await computeFeatures({ run, log: silentLog });
    await trainModels({ run, epochs: 2, trees: 20, log: silentLog });
    const { evaluation } = await evaluateModels({ run, alarmRate: 0.02, log: silentLog });
    const models = run.store;
    const registry = new ModelRegistry(new StoreBackend(models), models.bucket);
    const options = { run, models, registry, code: '0.0.0', log: silentLog };
    const first = await registerModels({ ...options, nowMs: 1_000 });
    const again = await registerModels({ ...options, nowMs: 2_000 });
    expect(again).toEqual(first);
    expect(first.role).toBe('shadow');
    expect((await registry.versions()).map(({ version }) => version)).toEqual([first.version]);
    const read = await readVersion(models, first.version, { autoencoder: (files) => Autoencoder.load(files) });
    expect(read.manifest.lineage).toMatchObject({ normalTraces: 1200, code: '0.0.0' });
    expect(read.card).toContain(first.version);
    read.autoencoder?.dispose?.();

    const other = new MemoryObjectStore('ml-models');
    for await (const key of models.list(run.prefix)) {
      if (!key.endsWith('registration.json')) await other.put(key, (await models.get(key)) ?? new Uint8Array());
    }
    const asked = { ...options, run: new RunFolder(other, 'registered'), models: other, nowMs: 1_000, mayDecide: true };
    const empty = new ModelRegistry(new StoreBackend(other), other.bucket);
    const { role } = await registerModels({ ...asked, registry: empty });
    expect(role).toBe(evaluation.gainLowerBound > 0 ? 'decides' : 'shadow');
  });

  it('is the same when it is done again', async () => {
    const files = async (name: string): Promise<Map<string, string>> => {
      const run = await extracted(name, 1200);
      await computeFeatures({ run, log: silentLog });
      await trainModels({ run, epochs: 2, trees: 20, log: silentLog });
      const paths = [...(await run.list('features/')), ...(await run.list('models/'))];
      const contents = await Promise.all(paths.map(async (path) => [path, await run.get(path, 'a test')] as const));
      return new Map(contents.map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]));
    };
    const [one, other] = [await files('one'), await files('other')];
    expect([...one.keys()]).toContain(trainedFiles.forest);
    expect(other).toEqual(one);
  });

  it('puts no trace into two parts, and keeps what faults were put into which', async () => {
    const run = await extracted('parts', 1200);
    await computeFeatures({ run, log: silentLog });
    const table = async (of: Parameters<typeof featureFiles.table>[0]) =>
      readFeatureTable(await run.get(featureFiles.table(of), 'a test'));
    const ids = (await Promise.all((['train', 'calibrate', 'combine', 'evaluate'] as const).map(table))).flatMap(
      ({ traceIds }) => [...traceIds],
    );
    expect(new Set(ids).size).toBe(ids.length);
    const faulty = await table('faulty');
    expect(new Set(faulty.faults.map((fault) => fault.split(' ')[0]))).toEqual(
      new Set(['own-time', 'edges', 'errors', 'left-out']),
    );
    expect(faulty.traceIds.every((id) => ids.includes(id))).toBe(true);
  });

  it('says what to do where there are too few traces', async () => {
    const run = await extracted('few', 100);
    await expect(computeFeatures({ run, log: silentLog })).rejects.toThrow(/take a longer time, or more traces/);
  });
});
