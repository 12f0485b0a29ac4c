import type { Command } from './commands';
import { isInstalled } from './commands';
import { ImageError } from './errors';
import type { Platform } from './platforms';

export const builderNames = ['docker', 'podman', 'buildah', 'archive'] as const;
export type BuilderName = (typeof builderNames)[number];

/** What an image is built from and where it goes. */
export interface Build {
  readonly reference: string;
  readonly platforms: readonly Platform[];
  /** Folder with `<os>/<architecture>/` for each platform. */
  readonly context: string;
  readonly dockerfile: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Archive to write. @default - none: the image stays with the builder, or is pushed */
  readonly file?: string;
  readonly push: boolean;
  /** Adds provenance and a list of contents, signed by nobody, to what is pushed; docker only. */
  readonly attest: boolean;
}

/** The commands of a builder, in order. Those of `archive` are not here: it is our own. */
export const builderCommands: Readonly<Record<Exclude<BuilderName, 'archive'>, (build: Build) => readonly Command[]>> =
  {
    docker: (build) => {
      const { reference, platforms, file, push, attest } = build;
      const several = platforms.length > 1;
      const to = push ? ['--push'] : several ? ['--output', `type=oci,dest=${file ?? ''}`] : ['--load'];
      const attestation = attest ? ['--provenance=mode=max', '--sbom=true'] : ['--provenance=false'];
      const commands: Command[] = [
        ['docker', 'buildx', 'build', ...common(build), '--tag', reference, ...attestation, ...to, build.context],
      ];
      if (file !== undefined && !several && !push) commands.push(['docker', 'save', '--output', file, reference]);
      return commands;
    },
    podman: (build) => manifestCommands('podman', build),
    buildah: (build) => manifestCommands('buildah', build),
  };

function manifestCommands(program: 'podman' | 'buildah', build: Build): readonly Command[] {
  const { reference, platforms, file, push } = build;
  if (platforms.length === 1) {
    const commands: Command[] = [[program, 'build', ...common(build), '--tag', reference, build.context]];
    if (push) commands.push([program, 'push', reference, `docker://${reference}`]);
    if (file !== undefined) commands.push([program, 'push', reference, `docker-archive:${file}:${reference}`]);
    return commands;
  }
  // A manifest that is there already would get these images beside its own.
  const commands: Command[] = [
    ['sh', '-c', `${program} manifest exists "$0" && ${program} manifest rm "$0" || true`, reference],
    [program, 'build', ...common(build), '--manifest', reference, build.context],
  ];
  if (push) commands.push([program, 'manifest', 'push', '--all', reference, `docker://${reference}`]);
  if (file !== undefined)
    commands.push([program, 'manifest', 'push', '--all', reference, `oci-archive:${file}:${reference}`]);
  return commands;
}

function common({ platforms, dockerfile, labels }: Build): readonly string[] {
  return [
    ...['--platform', platforms.map(({ name }) => name).join(',')],
    ...['--file', dockerfile],
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
  ];
}

/** The first builder that works here: a client of docker without a server builds nothing. */
export async function findBuilder(works: (command: Command) => Promise<boolean>): Promise<BuilderName> {
  const probes: readonly (readonly [BuilderName, Command])[] = [
    ['docker', ['docker', 'buildx', 'inspect']],
    ['podman', ['podman', 'info']],
    ['buildah', ['buildah', 'info']],
  ];
  for (const [name, probe] of probes) if (isInstalled(name) && (await works(probe))) return name;
  return 'archive';
}

/**
 * What cannot be, before anything is built.
 *
 * @throws {ImageError} saying what to ask for instead
 */
export function checkBuild(builder: BuilderName, { platforms, file, push, attest }: Omit<Build, 'context'>): void {
  const several = platforms.length > 1;
  if (builder === 'docker' && several && push === (file !== undefined)) {
    const wish = push
      ? 'pushes or writes an archive, not both at once'
      : 'keeps only one platform: add --push or --output';
    throw new ImageError(`docker, for ${platforms.map(({ name }) => name).join(' and ')}, ${wish}`);
  }
  if (attest && (builder !== 'docker' || !push)) {
    throw new ImageError(`${builder} attests nothing here: --attest needs --builder docker and --push`);
  }
}
