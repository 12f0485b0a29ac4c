import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../errors';
import {
  examplesFile,
  manifestFiles,
  readManifest,
  RenderedEnvironment,
  type RenderedObject,
} from '../verify/rendered';

/** A file of an environment and what is in it. */
export interface ManifestFile {
  readonly name: string;
  readonly objects: readonly RenderedObject[];
}

/** An environment as it lies in its folder. */
export interface ManifestFolder {
  readonly directory: string;
  /** In the order of their names. */
  readonly files: readonly ManifestFile[];
  /** @default - the environment has no examples */
  readonly examples?: ManifestFile;
  /** All files but the examples. */
  readonly rendered: RenderedEnvironment;
}

/**
 * Reads a folder of manifests.
 *
 * @throws {UsageError} if it is none
 */
export function readFolder(directory: string): ManifestFolder {
  const read = (name: string) => ({ name, objects: readManifest(join(directory, name)) });
  const files = manifestFiles(directory).map(read);
  const objects = files.flatMap((file) => file.objects);
  if (objects.length === 0) throw new UsageError(`${directory}: has no manifests; npm run synth renders dist/thesis`);
  const hasExamples = existsSync(join(directory, examplesFile));
  return {
    directory,
    files,
    rendered: new RenderedEnvironment(objects, directory),
    ...(hasExamples && { examples: read(examplesFile) }),
  };
}

/**
 * The folder that is meant by a name such as `thesis` or by a path.
 *
 * @param wanted as it was given; without it `minimal` is meant where it is rendered, else `thesis`
 * @param root where environments are rendered to
 * @throws {UsageError} if there is no such folder, naming those that there are
 */
export function folderOf(wanted: string | undefined, root = 'dist'): string {
  if (wanted === undefined) {
    const minimal = join(root, 'minimal');
    return isFolder(minimal) ? minimal : join(root, 'thesis');
  }
  const named = join(root, wanted);
  // A name is an environment, whatever else is called so; `./thesis` is a folder.
  if (basename(wanted) === wanted && isFolder(named)) return named;
  if (isFolder(wanted)) return wanted;
  const known = isFolder(root) ? readdirSync(root).filter((name) => isRendered(join(root, name))) : [];
  const there = known.length === 0 ? 'npm run synth renders environments' : `rendered are ${known.join(', ')}`;
  throw new UsageError(`${wanted}: is neither a rendered environment nor a folder; ${there}`);
}

/** Beside environments there are folders of others, such as what Argo CD is told. */
function isRendered(path: string): boolean {
  return isFolder(path) && readdirSync(path).some((name) => name.endsWith('.k8s.yaml'));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
