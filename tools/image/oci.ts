import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { output } from './commands';
import type { RunConfig } from './dockerfile';
import type { Platform } from './platforms';

/** Where something is in an image layout, and what it is. */
interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** A part of the file system of an image. */
export interface LayerSource {
  /** Folder with what is below `/`. */
  readonly rootfs: string;
  /** What the history of the image says of it. */
  readonly createdBy: string;
}

/** One image of an archive. */
export interface ImageSource {
  readonly platform: Platform;
  readonly layers: readonly LayerSource[];
  readonly config: RunConfig;
  readonly labels: Readonly<Record<string, string>>;
}

/** The digest of the index over all platforms, by which a registry knows the image. */
export interface WrittenArchive {
  readonly digest: string;
}

const type = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** No time and no owner of this machine, names in the order of their bytes: the same files are the same archive. */
const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];
const epoch = '1970-01-01T00:00:00Z';

/**
 * Writes images, one a platform, as one OCI archive: an image layout in a tar file. With a single platform it is also
 * what `docker save` writes.
 *
 * @param scratch an empty folder, big enough for twice the archive
 * @throws {ImageError} if tar fails
 */
export async function writeArchive(
  file: string,
  reference: string,
  images: readonly ImageSource[],
  scratch: string,
): Promise<WrittenArchive> {
  const layout = await mkdtemp(join(scratch, 'layout-'));
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  const manifests = [];
  for (const image of images) manifests.push(await writeImage(layout, image));
  const index = { schemaVersion: 2, mediaType: type.index, manifests: manifests.map(({ descriptor }) => descriptor) };
  const whole = await writeBlob(layout, type.index, index);
  const tag = reference.slice(reference.lastIndexOf(':') + 1);
  const named = {
    ...whole,
    annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': tag },
  };
  await writeJson(join(layout, 'index.json'), { schemaVersion: 2, mediaType: type.index, manifests: [named] });
  await writeJson(join(layout, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  const [only, ...others] = manifests;
  if (only !== undefined && others.length === 0) {
    await writeJson(join(layout, 'manifest.json'), [
      { Config: blobPath(only.config), RepoTags: [reference], Layers: only.layers.map(blobPath) },
    ]);
  }
  await mkdir(dirname(file), { recursive: true });
  await output(['tar', ...reproducible, '-cf', `${file}.part`, '-C', layout, '.']);
  await rename(`${file}.part`, file);
  await rm(layout, { recursive: true });
  return { digest: whole.digest };
}

async function writeImage(layout: string, { platform, layers, config, labels }: ImageSource) {
  const written = [];
  for (const layer of layers) written.push({ ...(await writeLayer(layout, layer)), createdBy: layer.createdBy });
  const blobs = written.map(({ descriptor }) => descriptor);
  const configuration = await writeBlob(layout, type.config, {
    created: epoch,
    architecture: platform.architecture,
    os: 'linux',
    config: { ...config, WorkingDir: '/', Labels: labels },
    rootfs: { type: 'layers', diff_ids: written.map(({ diffId }) => diffId) },
    history: written.map(({ createdBy }) => ({ created: epoch, created_by: createdBy })),
  });
  const manifest = { schemaVersion: 2, mediaType: type.manifest, config: configuration, layers: blobs };
  const descriptor = await writeBlob(layout, type.manifest, manifest);
  return {
    descriptor: { ...descriptor, platform: { architecture: platform.architecture, os: 'linux' } },
    config: configuration,
    layers: blobs,
  };
}

async function writeLayer(
  layout: string,
  { rootfs }: LayerSource,
): Promise<{ readonly descriptor: Descriptor; readonly diffId: string }> {
  const tar = join(layout, 'layer.tar');
  await output(['tar', ...reproducible, '-cf', tar, '-C', rootfs, '.']);
  const diffId = `sha256:${await sha256(tar)}`;
  await pipeline(createReadStream(tar), createGzip({ level: 6 }), createWriteStream(`${tar}.gz`));
  await rm(tar);
  const descriptor = {
    mediaType: type.layer,
    digest: `sha256:${await sha256(`${tar}.gz`)}`,
    size: (await stat(`${tar}.gz`)).size,
  };
  await rename(`${tar}.gz`, join(layout, blobPath(descriptor)));
  return { descriptor, diffId };
}

async function writeBlob(layout: string, mediaType: string, content: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(content));
  const descriptor = {
    mediaType,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.length,
  };
  await writeFile(join(layout, blobPath(descriptor)), bytes);
  return descriptor;
}

function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

async function writeJson(file: string, content: unknown): Promise<void> {
  await writeFile(file, JSON.stringify(content));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
