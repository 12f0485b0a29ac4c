import type { Combination } from '../calibration';
import type { FeatureSchema } from '../features';
import type { IsolationForest } from '../forest';
import type { ModelManifest } from '../manifest';
import type { PathModel } from '../paths';
import type { RowModel, RowModelName } from '../row-model';
import type { TrainingDistribution } from './distribution';

/** A model that is kept in files of its own, as the autoencoder is. */
export interface FiledModel extends RowModel {
  /** Content by path below the version's folder, all of them in `autoencoder/`. */
  files(): ReadonlyMap<string, Uint8Array>;
  /** Gives back memory that no garbage collector sees; it scores no more. */
  dispose?(): void;
}

/** Makes a model of its files again. */
export type FiledModelLoader = (files: ReadonlyMap<string, Uint8Array>) => Promise<FiledModel>;

/** What a version of the learned models consists of. */
export interface ModelContent {
  readonly schema: FeatureSchema;
  readonly paths: PathModel;
  readonly forest: IsolationForest;
  readonly autoencoder?: FiledModel;
  readonly combination: Combination;
  readonly training: TrainingDistribution;
  /** The profile that features were measured against, as `encodeBundle` gives it. */
  readonly profile: Uint8Array;
}

/** A version of the learned models in memory. */
export interface LearnedModels extends ModelContent {
  readonly manifest: ModelManifest;
  /** Model card, Markdown. */
  readonly card: string;
}

/** The models of a version that there are, by name. */
export function rowModelsOf(
  models: Pick<ModelContent, 'paths' | 'forest' | 'autoencoder'>,
): ReadonlyMap<RowModelName, RowModel> {
  const { paths, forest, autoencoder } = models;
  const all: readonly RowModel[] = autoencoder === undefined ? [forest, paths] : [autoencoder, forest, paths];
  return new Map(all.map((model) => [model.name, model]));
}

/**
 * Models whose scores are calibrated have to be there.
 *
 * @throws {RangeError} naming the one that is not
 */
export function checkScorers(content: Pick<ModelContent, 'paths' | 'forest' | 'autoencoder' | 'combination'>): void {
  const known = rowModelsOf(content);
  for (const name of content.combination.names) {
    if (name !== 'profile' && !known.has(name))
      throw new RangeError(`scores of ${name} are calibrated, which is not there`);
  }
}
