import { encodeBundle } from '@plumbline/wire';
import type { Fault } from '../anomaly-detection/testing';
import { packVersion, trainingDistribution, type FiledModel, type ManifestDraft, type ModelContent } from './bundle';
import { Combination, type HeldBack } from './calibration';
import type { FeatureRows } from './features';
import { IsolationForest, type ForestOptions } from './forest';
import { learnShop, shopRows, type LearntShop } from './testing';

/** A stand-in for the autoencoder: how far the first columns are from 0, times a factor that it keeps in a file. */
export class FarFromZero implements FiledModel {
  readonly name = 'autoencoder';

  constructor(readonly factor: number) {}

  static load(files: ReadonlyMap<string, Uint8Array>): Promise<FarFromZero> {
    const factor = Number(Buffer.from(files.get('autoencoder/factor.txt') ?? []).toString());
    return factor > 0 ? Promise.resolve(new FarFromZero(factor)) : Promise.reject(new RangeError('no factor'));
  }

  files(): ReadonlyMap<string, Uint8Array> {
    return new Map([['autoencoder/factor.txt', Buffer.from(String(this.factor))]]);
  }

  score({ rows, width, values }: FeatureRows): Float64Array {
    return Float64Array.from({ length: rows }, (_, row) => {
      const present = values.subarray(row * width, (row + 1) * width).filter((value) => !Number.isNaN(value));
      return (this.factor * present.reduce((sum, value) => sum + value * value, 0)) / present.length;
    });
  }
}

/** What is said of the shop's models. */
export const shopDraft: ManifestDraft = {
  createdAtMs: 1_700_000_000_000,
  profile: '000001-test',
  lineage: {
    fromMs: 0,
    throughMs: 60_000,
    normalTraces: 1500,
    anomalousTraces: 0,
    feedbackLabels: 0,
    code: 'test',
  },
  parameters: { trees: 100, subsample: 256 },
  evaluation: { alarmRate: 0.02, normalTraces: 1000, faultyTraces: 100, scorers: evaluated(), gainLowerBound: -0.1 },
  role: 'shadow',
};

function evaluated(): ManifestDraft['evaluation']['scorers'] {
  const figures = { precision: 0.5, recall: 0.5, f1: 0.5, auc: 0.5 };
  return { profile: figures, autoencoder: figures, 'isolation-forest': figures, paths: figures, combined: figures };
}

/** Models learnt from the shop of detection's tests, with everything that a version has. */
export interface ShopModels {
  readonly shop: LearntShop;
  readonly content: ModelContent;
  readonly rows: (seed: number, count: number, fault?: Fault) => FeatureRows;
}

export function shopModels(): ShopModels {
  const shop = learnShop();
  return shopModelsOf(shop, shopRows(shop, 51, 1500), new FarFromZero(2));
}

/** Models whose autoencoder is given. @param train rows that the forest learns from, and as many are held back twice */
export function shopModelsOf(
  shop: LearntShop,
  train: FeatureRows,
  autoencoder: FiledModel,
  options: ForestOptions = {},
): ShopModels {
  const forest = IsolationForest.train(train, shop.schema.dense, options);
  const heldBack = (seed: number): HeldBack => {
    const rows = shopRows(shop, seed, train.rows);
    return {
      entries: rows.entries,
      scores: {
        profile: rows.profile,
        autoencoder: autoencoder.score(rows),
        'isolation-forest': forest.score(rows),
        paths: shop.paths.score(rows),
      },
    };
  };
  const first = heldBack(52);
  const content = {
    schema: shop.schema,
    paths: shop.paths,
    forest,
    autoencoder,
    combination: Combination.fit(0.02, first, heldBack(53)),
    training: trainingDistribution(train, first.scores),
    profile: encodeBundle(shop.bundle),
  };
  return { shop, content, rows: (seed, count, fault) => shopRows(shop, seed, count, fault) };
}

/** A version of them as files. */
export function packShop(content: ModelContent, sequence = 3) {
  const options = { sequence, card: (version: string) => `# Models ${version}\n` };
  return packVersion(content, shopDraft, options);
}
