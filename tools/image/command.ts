import { Command, InvalidArgumentError, Option } from 'commander';
import { builderNames, type BuilderName } from './builders';
import { parseCluster, type LocalCluster } from './clusters';
import { ImageError } from './errors';
import { makeImage } from './make';
import { parsePlatforms, type Platform } from './platforms';

/** What was asked for on the command line. */
export interface ImageOptions {
  readonly environment?: string;
  readonly registry?: string;
  readonly tag?: string;
  readonly builder?: BuilderName;
  readonly platform?: readonly Platform[];
  readonly output?: string;
  readonly load?: LocalCluster;
  readonly push?: true;
  readonly attest?: true;
}

const help = `
Without --load, --push and --output the image stays with docker, podman or buildah; where none of them works,
it is an OCI archive in build/. What a pod asks for is what the environment renders: give the registry there
(registry: '…' in environments/<name>.ts, then npm run synth) rather than here.

  npm run image -- --load kind                      into the nodes of a kind cluster
  npm run image -- --load k3s                       into k3s on this machine, as root
  npm run image -- --load minikube:NAME             into the minikube profile NAME
  npm run image -- --push                           both platforms to the registry of the environment
  npm run image -- --builder archive --output FILE  for a cluster without access to any registry`;

/** `npm run image`. Wrong usage is printed and thrown as a `CommanderError`. */
export function imageCommand(make: (options: ImageOptions) => Promise<void> = makeImage): Command {
  return new Command('npm run image --')
    .description('build the image of all workers and jobs, and bring it into a cluster')
    .option('--environment <name>', 'whose image name is used (default: the first of environments/index.ts)')
    .option(
      '--registry <registry>',
      "registry and path, such as registry.example.org/team (default: the environment's)",
    )
    .option('--tag <tag>', 'tag of the image (default: the version of the library)')
    .addOption(
      new Option('--builder <builder>', 'what builds it (default: the first that works)').choices(builderNames),
    )
    .option(
      '--platform <list>',
      'linux/amd64, linux/arm64 (default: this machine’s; both to push or archive)',
      orUsage(parsePlatforms),
    )
    .option('--output <file>', 'also write an archive: OCI for several platforms, docker’s for one')
    .option('--load <cluster>', 'load it into kind[:NAME], k3s or minikube[:NAME]', orUsage(parseCluster))
    .option('--push', 'push it to its registry')
    .option('--attest', 'push provenance and a list of contents with it (docker)')
    .addHelpText('after', help)
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .action(async (options: ImageOptions) => make(options));
}

/** What commander prints as wrong usage. */
function orUsage<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof ImageError ? new InvalidArgumentError(`(${error.message})`) : error;
    }
  };
}
