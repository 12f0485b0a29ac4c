import type { Command } from './commands';
import { ImageError } from './errors';

/** Programs that push an OCI archive as it is; each uses the credentials that `docker login` or its own login has left. */
const pushers = {
  skopeo: (file, reference) => ['skopeo', 'copy', '--all', `oci-archive:${file}`, `docker://${reference}`],
  oras: (file, reference) => [
    ...(['oras', 'cp', '--from-oci-layout'] as const),
    `${file}:${reference.slice(reference.lastIndexOf(':') + 1)}`,
    reference,
  ],
  regctl: (file, reference) => ['regctl', 'image', 'import', reference, file],
} as const satisfies Record<string, (file: string, reference: string) => Command>;

/**
 * How an OCI archive gets into a registry.
 *
 * @throws {ImageError} naming the programs of which one is needed
 */
export function pushCommand(file: string, reference: string, isInstalled: (program: string) => boolean): Command {
  for (const [program, command] of Object.entries(pushers)) if (isInstalled(program)) return command(file, reference);
  throw new ImageError(
    `nothing here can push ${file}: install one of ${Object.keys(pushers).join(', ')}, docker, podman and buildah`,
  );
}
