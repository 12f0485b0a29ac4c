import { bundleKey, currentProfileKey } from '@plumbline/contracts';
import { encodeBundle } from '@plumbline/wire';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shopTraces } from '../../anomaly-detection/testing';
import { record, slow, start } from '../../anomaly-detection/testing-stage';
import { Autoencoder } from '../autoencoder';
import { learnShop, shopRows } from '../testing';
import { shopModelsOf } from '../testing-version';
import { ServingBench } from './testing';

/*
 * Writes `fixtures/`: a model store with a profile and a version of the learned models as this release writes them, and a verdict
 * that they gave. Later releases have to start on it, so it is made once a release, into a folder of the release's name:
 * `node --import tsx apps/models/serving/make-fixture.ts 0.1.0`
 */

async function main(release: string): Promise<void> {
  const shop = learnShop(300);
  const train = shopRows(shop, 51, 400);
  const { autoencoder } = await Autoencoder.train(train, { epochs: 8 });
  const content = shopModelsOf(shop, train, autoencoder, { trees: 8, subsample: 32 });
  const serving = new ServingBench(content);
  await serving.approve(await serving.add(1), start);
  const { bundle } = shop;
  const key = bundleKey('profile', bundle.version);
  await serving.models.put(key, encodeBundle(bundle));
  const entry = { version: bundle.version, key, effectiveFromMs: bundle.effectiveFromMs };
  await serving.models.put(currentProfileKey, Buffer.from(JSON.stringify({ schema: 1, bundles: [entry] })));
  const { bench } = await serving.worker({ autoencoder: (files) => Autoencoder.load(files) });
  const { verdicts } = await bench.run(record(1, shopTraces(3, 20, start, 20, slow)));
  const folder = join(__dirname, 'fixtures', release);
  const write = (path: string, bytes: Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  for await (const name of serving.models.list('')) {
    write(join('ml-models', name), (await serving.models.get(name)) ?? new Uint8Array(0));
  }
  write(
    'verdicts.jsonl',
    Buffer.from(
      verdicts
        .slice(0, 3)
        .map((verdict) => `${JSON.stringify(verdict)}\n`)
        .join(''),
    ),
  );
}

void main(process.argv[2] ?? '0.1.0');
