import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundleSource } from '@plumbline/anomaly-detection';
import { decodeVerdict } from '@plumbline/wire';
import { MemoryObjectStore } from '@plumbline/worker';
import { shopTraces } from '../../anomaly-detection/testing';
import { Bench, record, slow, start } from '../../anomaly-detection/testing-stage';
import { tensorFlow } from '../autoencoder/tensorflow';
import { readVersion } from '../bundle';
import { ModelRegistry } from '../registry/model-registry';
import { StoreBackend } from '../registry/store-backend';
import { Autoencoder } from '../autoencoder';
import { recompute } from '../scoring';
import { ModelSource } from './model-source';

const fixtures = join(__dirname, 'fixtures');

describe.each(readdirSync(fixtures))('a model store as release %s wrote it', (release) => {
  const folder = join(fixtures, release);
  const verdicts = readFileSync(join(folder, 'verdicts.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => decodeVerdict(Buffer.from(line)));
  const models = new MemoryObjectStore('ml-models');
  beforeAll(async () => {
    const root = join(folder, 'ml-models');
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      await models.put(path.slice(root.length + 1), readFileSync(path));
    }
  });
  const source = () =>
    new ModelSource({ registry: new ModelRegistry(new StoreBackend(models), 'ml-models'), models, pollMs: 1 });

  test('is what a worker starts on: profile and models judge as they did', async () => {
    const bundles = new BundleSource(models, { pollMs: 1 });
    await bundles.refresh();
    const bundle = bundles.all[0]?.bundle;
    const learned = source();
    await learned.poll(0);
    expect(learned.status()).toMatchObject({ refused: {}, versions: [{ isLoaded: true, approval: { by: 'Ada' } }] });
    const again = await new Bench({}, bundle, learned).run(record(1, shopTraces(3, 20, start, 20, slow)));
    await learned.close();
    expect(verdicts.length).toBeGreaterThan(0);
    for (const verdict of verdicts) {
      const now = again.verdicts.find(({ traceId }) => traceId === verdict.traceId);
      expect(now?.learned?.features).toEqual(verdict.learned?.features);
      expect(now?.learned?.score).toBeCloseTo(verdict.learned?.score ?? NaN, 6);
      expect(now?.learned?.scores.autoencoder).toBeCloseTo(verdict.learned?.scores.autoencoder ?? NaN, 6);
    }
  });

  test('gives the scores of its verdicts again', async () => {
    const version = verdicts[0]?.learned?.version ?? '';
    const read = await readVersion(models, version, { autoencoder: (files) => Autoencoder.load(files) });
    for (const { learned } of verdicts) {
      if (learned === undefined) throw new RangeError('models said something');
      const again = recompute(learned, read);
      expect(Math.abs(again.score - learned.score)).toBeLessThan(1e-6);
      expect(Math.abs(again.combinedP - learned.combinedP)).toBeLessThan(1e-6);
    }
    read.autoencoder?.dispose?.();
  });

  test('does not make tensors grow, however often versions come and go', async () => {
    const { core } = await tensorFlow();
    const traces = shopTraces(4, 50, start, 20);
    const before = core.memory().numTensors;
    for (let round = 0; round < 5; round += 1) {
      const learned = source();
      await learned.poll(0);
      await new Bench({}, undefined, learned).run(record(1, traces));
      expect(core.memory().numTensors).toBeGreaterThan(before);
      await learned.close();
      expect(core.memory().numTensors).toBe(before);
    }
  });
});
