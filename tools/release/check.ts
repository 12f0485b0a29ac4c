import { images } from '../../constructs';
import { version as imageTag } from '../../constructs/version';
import { releaseNotes } from './notes';
import { ReleaseError } from './errors';

/** What a release is made of, and where it goes. */
export interface ReleaseRequest {
  /** Such as `v0.2.0`. */
  readonly tag: string;
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** Version in package.json. */
  readonly version: string;
  readonly changelog: string;
  /** Names of the npm packages. */
  readonly packages: readonly string[];
  /** Who has a name on the registry: the repository that its package names, or `undefined` if nobody has it. */
  readonly ownerOf: (name: string) => Promise<string | undefined>;
}

/**
 * Looks at everything that would stop a release halfway.
 *
 * @throws {ReleaseError} with all of it
 */
export async function checkRelease(request: ReleaseRequest): Promise<void> {
  const { tag, repository, version, changelog, packages } = request;
  const problems: string[] = [];
  if (tag !== `v${version}`) problems.push(`the tag is ${tag}, and package.json says ${version}`);
  if (imageTag !== version) problems.push(`constructs/version.ts says ${imageTag}, and package.json ${version}`);
  const [registry] = /^.*(?=\/)/.exec(images.workers.repository) ?? [''];
  const ours = `ghcr.io/${repository.split('/', 1)[0]?.toLowerCase() ?? ''}`;
  if (registry !== ours) {
    problems.push(`the workers' image is rendered from ${registry}, and pushed to ${ours}: see constructs/images.ts`);
  }
  for (const name of packages) {
    const owner = await request.ownerOf(name);
    if (owner !== undefined && !owner.toLowerCase().includes(`github.com/${repository.toLowerCase()}`)) {
      problems.push(`the npm package ${name} is somebody else's (${owner}): release under another name`);
    }
  }
  try {
    releaseNotes(changelog, version);
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    problems.push(...error.problems);
  }
  if (problems.length > 0) throw new ReleaseError(problems);
}
