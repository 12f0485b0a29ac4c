import { ImageError } from './errors';

/** What one platform is called by those who know it under another name. */
export interface Platform {
  /** As OCI and docker call it, `linux/<architecture>`. */
  readonly name: 'linux/amd64' | 'linux/arm64';
  readonly architecture: 'amd64' | 'arm64';
  /** As Node.js and npm call it. */
  readonly cpu: 'x64' | 'arm64';
  /** Folder of its libraries, in Debian. */
  readonly triplet: string;
  /** What starts a program with its libraries, from the root. */
  readonly loader: string;
}

export const platforms: readonly Platform[] = [
  {
    name: 'linux/amd64',
    architecture: 'amd64',
    cpu: 'x64',
    triplet: 'x86_64-linux-gnu',
    loader: 'lib64/ld-linux-x86-64.so.2',
  },
  {
    name: 'linux/arm64',
    architecture: 'arm64',
    cpu: 'arm64',
    triplet: 'aarch64-linux-gnu',
    loader: 'lib/ld-linux-aarch64.so.1',
  },
];

/**
 * Reads `linux/amd64,linux/arm64`.
 *
 * @throws {ImageError} for a platform that the image cannot have
 */
export function parsePlatforms(list: string): readonly Platform[] {
  const names = list.split(',').map((name) => name.trim());
  return Array.from(new Set(names), (name) => {
    const platform = platforms.find((each) => each.name === name);
    if (platform === undefined) {
      throw new ImageError(
        `there is no image for "${name}": known are ${platforms.map((each) => each.name).join(', ')}`,
      );
    }
    return platform;
  });
}

/**
 * The platform of containers on this machine, also of those in the virtual machine of a Mac.
 *
 * @throws {ImageError} on a processor that the image cannot have
 */
export function hostPlatform(cpu: string = process.arch): Platform {
  const platform = platforms.find((each) => each.cpu === cpu);
  if (platform === undefined) throw new ImageError(`this machine is ${cpu}: name the cluster's platform by --platform`);
  return platform;
}
