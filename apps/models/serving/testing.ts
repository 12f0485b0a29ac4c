import { MemoryObjectStore, type ObjectStore } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { Bench } from '../../anomaly-detection/testing-stage';
import { packVersion, versionFolder, writeVersion, type ManifestDraft, type ModelContent } from '../bundle';
import { manifestFile } from '../manifest';
import { ModelRegistry } from '../registry/model-registry';
import { StoreBackend } from '../registry/store-backend';
import { FarFromZero, shopDraft, type ShopModels } from '../testing-version';
import { ModelSource, type ModelSourceOptions } from './model-source';

/** A model store with a registry, and workers that serve what is in it. */
export class ServingBench {
  readonly models = new MemoryObjectStore('ml-models');
  readonly registry = new ModelRegistry(new StoreBackend(this.models), this.models.bucket);

  constructor(readonly shop: ShopModels) {}

  /** Writes and registers a version. */
  async add(
    sequence: number,
    draft: Partial<ManifestDraft> = {},
    content: Partial<ModelContent> = {},
  ): Promise<string> {
    const packed = packVersion(
      { ...this.shop.content, ...content },
      { ...shopDraft, ...draft },
      {
        sequence,
        card: (version) => `# ${version}\n`,
      },
    );
    await writeVersion(this.models, packed);
    const { version } = packed.manifest;
    const manifest = await this.models.get(`${versionFolder(version)}${manifestFile}`);
    await this.registry.register(manifest ?? new Uint8Array(0));
    return version;
  }

  /** Makes a version serve from an event time on; with a share as challenger. */
  async approve(version: string, effectiveFromMs: number, share?: number, despite?: string): Promise<void> {
    const as = share === undefined ? 'champion' : 'challenger';
    await this.registry.approve(version, {
      as,
      effectiveFromMs,
      by: 'Ada',
      ...(share === undefined ? {} : { share }),
      despite: despite ?? 'a test',
    });
  }

  /** Changes a byte of a file of a version. */
  async damage(version: string, file: string): Promise<void> {
    const key = `${versionFolder(version)}${file}`;
    const bytes = Buffer.from((await this.models.get(key)) ?? []);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await this.models.put(key, bytes);
  }

  /** A worker that has just started, and looked. */
  async worker(options: Partial<ModelSourceOptions> & { readonly models?: ObjectStore } = {}): Promise<ServingWorker> {
    const metrics = new Registry();
    const source = new ModelSource({
      registry: this.registry,
      models: this.models,
      pollMs: 1000,
      metrics,
      autoencoder: (files) => FarFromZero.load(files),
      ...options,
    });
    await source.poll(0);
    const { bundle } = this.shop.shop;
    return { source, metrics, bench: new Bench({}, bundle, source) };
  }
}

export interface ServingWorker {
  readonly source: ModelSource;
  readonly metrics: Registry;
  readonly bench: Bench;
}

/** Value of a metric, the sum of the series that have all the labels. */
export async function metric(
  { metrics }: ServingWorker,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const found = (await metrics.getMetricsAsJSON()).find((each) => each.name === name);
  const wanted = Object.entries(labels);
  const values = (found?.values ?? []) as readonly { value: number; labels: Record<string, string | number> }[];
  return values
    .filter((each) => wanted.every(([label, value]) => each.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
