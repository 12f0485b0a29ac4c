import { buckets } from '@plumbline/contracts';
import { LocalObjectStore, MemoryObjectStore, type ObjectStore } from '@plumbline/worker';
import { join } from 'node:path';

/** The two buckets of the pipeline. */
export interface Stores {
  readonly anomalies: ObjectStore;
  readonly models: ObjectStore;
  /** Where an object lies on this machine. */
  path(bucket: string, key: string): string;
  close(): Promise<void>;
}

/** Buckets as folders below `<dataDir>/objects`, or in memory without one. */
export async function openStores(dataDir: string | undefined): Promise<Stores> {
  const folder = dataDir === undefined ? undefined : join(dataDir, 'objects');
  const open = (bucket: string): Promise<ObjectStore> =>
    folder === undefined ? Promise.resolve(new MemoryObjectStore(bucket)) : LocalObjectStore.open(folder, bucket);
  const anomalies = await open(buckets.anomalyData);
  const models = await open(buckets.mlModels);
  return {
    anomalies,
    models,
    path: (bucket, key) => join(folder ?? '', bucket, key),
    close: async () => {
      await anomalies.close();
      await models.close();
    },
  };
}
