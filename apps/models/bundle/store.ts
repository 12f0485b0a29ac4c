import { escapePathSegment } from '@plumbline/contracts';
import type { ObjectStore } from '@plumbline/worker';
import { Combination } from '../calibration';
import { decodeFeatureSchema } from '../features';
import { IsolationForest } from '../forest';
import { manifestFile, modelManifestSchema, traceModelName, type ModelManifest } from '../manifest';
import { decodePathCounts, PathModel } from '../paths';
import { decodeTraining } from './distribution';
import { checkScorers, type FiledModel, type FiledModelLoader, type LearnedModels } from './learned-models';
import { ModelError } from './model-error';
import { autoencoderFolder, encodeManifest, isSafePath, modelFiles, sha256Of, type PackedVersion } from './pack';

/** Limits of what is read. */
export const modelLimits = {
  files: 256,
  manifestBytes: 1024 * 1024,
  fileBytes: 128 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
} as const;

/** Folder of a version in the model store, with a slash at its end. */
export function versionFolder(version: string): string {
  return `${escapePathSegment(traceModelName)}/version_${escapePathSegment(version)}/`;
}

/**
 * Puts the files of a version, and the manifest last: a version that has one is whole. Safe to repeat.
 *
 * @throws {ModelError} where there is a file of another content already
 * @throws {ObjectStoreError}
 */
export async function writeVersion(store: ObjectStore, { manifest, files }: PackedVersion): Promise<void> {
  const folder = versionFolder(manifest.version);
  const put = async (file: string, bytes: Uint8Array, contentType: string): Promise<void> => {
    const key = `${folder}${file}`;
    if (await store.put(key, bytes, { contentType, condition: { ifAbsent: true } })) return;
    const present = await store.get(key);
    const [expected, found] = [sha256Of(bytes), present === undefined ? 'nothing' : sha256Of(present)];
    if (expected === found) return;
    const what = 'versions never change, and there is another content already';
    throw new ModelError('PLUMBLINE_MODEL_CONFLICT', manifest.version, what, { file, expected, found });
  };
  for (const [file, bytes] of files) await put(file, bytes, contentTypeOf(file));
  await put(manifestFile, encodeManifest(manifest), 'application/json');
}

/** The part of an object store that is needed to read. */
export type ModelObjects = Pick<ObjectStore, 'bucket' | 'head' | 'get'>;

/** How a version is read. */
export interface ReadVersionOptions {
  /** Hash of the features that are expected. @default - any that this code computes */
  readonly featureSchema?: string;
  /** SHA-256 of the manifest, as it was registered. @default - any */
  readonly manifestSha256?: string;
  /** Makes the autoencoder of its files; a version that has one is refused without. */
  readonly autoencoder?: FiledModelLoader;
}

/**
 * Reads the manifest of a version.
 *
 * @param sha256 what it must hash to @default - anything
 * @throws {ModelError} when there is none, it is too large, is none, or is that of something else
 * @throws {ObjectStoreError}
 */
export async function readManifest(store: ModelObjects, version: string, sha256?: string): Promise<ModelManifest> {
  const bytes = await fetch(store, version, manifestFile, modelLimits.manifestBytes);
  const found = sha256Of(bytes);
  if (sha256 !== undefined && found !== sha256) {
    const what = 'is not the manifest that was registered, by its SHA-256';
    throw new ModelError('PLUMBLINE_MODEL_HASH', version, what, { file: manifestFile, expected: sha256, found });
  }
  let manifest: ModelManifest;
  try {
    manifest = modelManifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    const what = `is no manifest: ${reasonOf(cause)}`;
    throw new ModelError('PLUMBLINE_MODEL_MANIFEST', version, what, { file: manifestFile, cause });
  }
  const refuse = (what: string): never => {
    throw new ModelError('PLUMBLINE_MODEL_MANIFEST', version, what, { file: manifestFile });
  };
  if (manifest.model !== traceModelName || manifest.version !== version) {
    refuse(`is of ${manifest.model} ${manifest.version}`);
  }
  const files = Object.keys(manifest.files);
  if (files.length > modelLimits.files) refuse(`names ${files.length} files, more than ${modelLimits.files}`);
  for (const file of files) if (!isSafePath(file)) refuse(`names a file ${JSON.stringify(file)}`);
  for (const file of Object.values(modelFiles)) if (!files.includes(file)) refuse(`names no ${file}`);
  return manifest;
}

/**
 * Reads a version, each file only when its size and hash are as the manifest says.
 *
 * @throws {ModelError} when anything is not as the manifest says, or cannot be what it is said to be
 * @throws {ObjectStoreError}
 */
export async function readVersion(
  store: ModelObjects,
  version: string,
  { featureSchema, manifestSha256, autoencoder: load }: ReadVersionOptions = {},
): Promise<LearnedModels> {
  const manifest = await readManifest(store, version, manifestSha256);
  if (featureSchema !== undefined) refuseFeatures(manifest, manifestFile, featureSchema, manifest.featureSchema);
  const total = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > modelLimits.totalBytes) {
    const [expected, found] = [`at most ${modelLimits.totalBytes} bytes`, String(total)];
    throw new ModelError('PLUMBLINE_MODEL_SIZE', version, 'is too large', { expected, found });
  }
  const files = new Map<string, Uint8Array>();
  for (const [file, said] of Object.entries(manifest.files)) {
    const bytes = await fetch(store, version, file, modelLimits.fileBytes, said.bytes);
    const found = sha256Of(bytes);
    if (found !== said.sha256) {
      const what = 'is not the file that the manifest names, by its SHA-256';
      throw new ModelError('PLUMBLINE_MODEL_HASH', version, what, { file, expected: said.sha256, found });
    }
    files.set(file, bytes);
  }
  return parseVersion(manifest, files, load);
}

async function parseVersion(
  manifest: ModelManifest,
  files: ReadonlyMap<string, Uint8Array>,
  load: FiledModelLoader | undefined,
): Promise<LearnedModels> {
  const { version } = manifest;
  const bytesOf = (file: string): Uint8Array => files.get(file) ?? new Uint8Array(0);
  const parse = <T>(file: string, read: (bytes: Uint8Array) => T): T => {
    try {
      return read(bytesOf(file));
    } catch (cause) {
      throw unreadable(version, file, cause);
    }
  };
  const schema = parse(modelFiles.features, decodeFeatureSchema);
  refuseFeatures(manifest, modelFiles.features, manifest.featureSchema, schema.hash);
  const autoencoder = await loadAutoencoder(version, files, load);
  const models = {
    manifest,
    schema,
    paths: parse(modelFiles.paths, (bytes) => new PathModel(decodePathCounts(bytes))),
    forest: parse(modelFiles.forest, (bytes) => {
      const forest = IsolationForest.decode(bytes);
      const beyond = forest.trees.columns.find((column) => column >= schema.names.length);
      if (beyond !== undefined) throw new RangeError(`it looks at column ${beyond}`);
      return forest;
    }),
    combination: parse(modelFiles.calibration, (bytes) => Combination.decode(bytes)),
    training: parse(modelFiles.training, decodeTraining),
    profile: bytesOf(modelFiles.profile),
    card: Buffer.from(bytesOf(modelFiles.card)).toString('utf8'),
    ...(autoencoder === undefined ? {} : { autoencoder }),
  };
  parse(modelFiles.calibration, () => checkScorers(models));
  return models;
}

async function loadAutoencoder(
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
  load: FiledModelLoader | undefined,
): Promise<FiledModel | undefined> {
  const own = [...files].filter(([file]) => file.startsWith(autoencoderFolder));
  if (own.length === 0) return undefined;
  try {
    if (load === undefined) throw new RangeError('nothing was given to load it');
    return await load(new Map(own));
  } catch (cause) {
    throw unreadable(version, autoencoderFolder, cause);
  }
}

/** Asks for the size first, so that nothing large is read for nothing. */
async function fetch(
  store: ModelObjects,
  version: string,
  file: string,
  most: number,
  said?: number,
): Promise<Uint8Array> {
  const key = `${versionFolder(version)}${file}`;
  const check = (size: number): void => {
    if (size <= most && (said === undefined || size === said)) return;
    const expected = said === undefined || said > most ? `at most ${most} bytes` : `${said} bytes`;
    throw new ModelError('PLUMBLINE_MODEL_SIZE', version, 'has another size', { file, expected, found: String(size) });
  };
  const info = await store.head(key);
  if (info !== undefined) check(info.size);
  const bytes = info === undefined ? undefined : await store.get(key);
  if (bytes === undefined) {
    throw new ModelError('PLUMBLINE_MODEL_ABSENT', version, `there is no object ${key} in ${store.bucket}`, { file });
  }
  check(bytes.length);
  return bytes;
}

function refuseFeatures({ version }: ModelManifest, file: string, expected: string, found: string): void {
  if (expected === found) return;
  throw new ModelError('PLUMBLINE_MODEL_FEATURES', version, 'is of other features', { file, expected, found });
}

function unreadable(version: string, file: string, cause: unknown): ModelError {
  return new ModelError('PLUMBLINE_MODEL_CONTENT', version, `cannot be read: ${reasonOf(cause)}`, { file, cause });
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 500);
}

function contentTypeOf(file: string): string {
  if (file.endsWith('.json')) return 'application/json';
  return file.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'application/octet-stream';
}
