import { otlpRequest } from '@plumbline/preprocessing/testing';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { MemoryObjectStore, silentLog } from '@plumbline/worker';
import { RunFolder } from './dataset/run-folder';
import { extract } from './extract';
import { readFeatureTable } from './features/feature-table';
import { evaluateModels } from './steps/evaluate-step';
import { computeFeatures, featureFiles } from './steps/features-step';
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
    const run = await extracted('whole', 3000);
    const features = await computeFeatures({ run, log: silentLog });
    expect(features.traces).toMatchObject({ train: 1200, calibrate: 300, combine: 600, evaluate: 300, anomalous: 0 });
    expect(features.traces.faulty).toBeGreaterThan(250);
    const trained = await trainModels({ run, epochs: 10, log: silentLog });
    expect(trained.rows).toBe(1200);
    const { evaluation, backtest } = await evaluateModels({ run, alarmRate: 0.01, log: silentLog });
    expect(evaluation.normalTraces).toBe(300);
    const { profile, combined } = evaluation.scorers;
    expect(profile.auc).toBeGreaterThan(0.7);
    expect(combined.auc).toBeGreaterThan(0.7);
    expect(backtest.incidents).toBe(0);
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
