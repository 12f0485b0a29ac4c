import { createHash } from 'node:crypto';
import { versionName } from '@plumbline/wire';
import { encodeFeatureSchema } from '../features';
import { manifestFile, modelManifestSchema, traceModelName, type ModelManifest } from '../manifest';
import { encodePathCounts } from '../paths';
import { encodeTraining } from './distribution';
import { checkScorers, type ModelContent } from './learned-models';

/** Files of a version. */
export const modelFiles = {
  features: 'features.json',
  paths: 'paths.json',
  forest: 'forest.bin',
  calibration: 'calibration.json',
  training: 'training.json',
  profile: 'profile.bin',
  card: 'model-card.md',
} as const;
/** Folder of the autoencoder's files. */
export const autoencoderFolder = 'autoencoder/';

/** What is said of a version by whoever trained it; the rest follows from the content. */
export type ManifestDraft = Omit<ModelManifest, 'schema' | 'model' | 'version' | 'featureSchema' | 'files'>;

/** A version as files, the manifest not among them. */
export interface PackedVersion {
  readonly manifest: ModelManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface PackOptions {
  /** Number of the version, greater than those before. */
  readonly sequence: number;
  /** Given the version's name: the model card, Markdown. It does not count for the name. */
  readonly card: (version: string) => string;
  /** Other forms of the models, such as ONNX; nothing here reads them. Path → content. @default none */
  readonly exports?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Files and manifest of a version; the same content and draft give the same bytes.
 *
 * @throws {RangeError} where a model is calibrated that is not there, or two files have one path
 * @throws {z.ZodError} where the draft or a path is not as a manifest needs it
 */
export function packVersion(
  content: ModelContent,
  draft: ManifestDraft,
  { sequence, card, exports: others = new Map<string, Uint8Array>() }: PackOptions,
): PackedVersion {
  checkScorers(content);
  const files = new Map<string, Uint8Array>([
    [modelFiles.features, encodeFeatureSchema(content.schema)],
    [modelFiles.paths, encodePathCounts(content.paths.counts)],
    [modelFiles.forest, content.forest.encode()],
    [modelFiles.calibration, content.combination.encode()],
    [modelFiles.training, encodeTraining(content.training)],
    [modelFiles.profile, content.profile],
  ]);
  const add = (path: string, bytes: Uint8Array): void => {
    if (files.has(path) || path === manifestFile || path === modelFiles.card || !isSafePath(path)) {
      throw new RangeError(`no file can be called ${JSON.stringify(path)} here`);
    }
    files.set(path, bytes);
  };
  for (const [path, bytes] of content.autoencoder?.files() ?? []) {
    if (!path.startsWith(autoencoderFolder)) throw new RangeError(`${path} is not in ${autoencoderFolder}`);
    add(path, bytes);
  }
  for (const [path, bytes] of others) {
    if (path.startsWith(autoencoderFolder))
      throw new RangeError(`${path} is in the folder of the autoencoder's own files`);
    add(path, bytes);
  }
  const paths = [...files.keys()].sort();
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\n${sha256Of(files.get(path) ?? new Uint8Array(0))}\n`);
  const version = versionName(sequence, hash.digest('hex'));
  files.set(modelFiles.card, Buffer.from(card(version)));
  const manifest = modelManifestSchema.parse({
    ...draft,
    schema: 1,
    model: traceModelName,
    version,
    featureSchema: content.schema.hash,
    files: Object.fromEntries(
      [...paths, modelFiles.card].map((path) => {
        const bytes = files.get(path) ?? new Uint8Array(0);
        return [path, { sha256: sha256Of(bytes), bytes: bytes.length }];
      }),
    ),
  });
  return { manifest, files };
}

/** Content of the manifest's file, by whose hash a registry knows the version. */
export function encodeManifest(manifest: ModelManifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether a path stays below the folder that it is in. */
export function isSafePath(path: string): boolean {
  return path.split('/').every((segment) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(segment));
}
