import type { Command } from './commands';
import { ImageError } from './errors';

export const clusterKinds = ['kind', 'k3s', 'minikube'] as const;

/** A cluster on this machine that takes images from an archive, without a registry. */
export interface LocalCluster {
  readonly kind: (typeof clusterKinds)[number];
  /** @default - that which its own command takes */
  readonly name?: string;
}

/**
 * Reads `kind`, `kind:NAME`, `k3s`, `minikube` or `minikube:PROFILE`.
 *
 * @throws {ImageError} for anything else
 */
export function parseCluster(text: string): LocalCluster {
  const [, word, name] = /^(\w+)(?::(.+))?$/.exec(text) ?? [];
  const kind = clusterKinds.find((each) => each === word);
  if (kind === undefined) {
    throw new ImageError(
      `"${text}" is no cluster to load into: give ${clusterKinds.join(', ')}, or kind:NAME, minikube:NAME`,
    );
  }
  if (kind === 'k3s' && name !== undefined) throw new ImageError('k3s has one cluster a machine: leave the name out');
  return { kind, ...(name !== undefined && { name }) };
}

/** Loads an archive into every node that the command knows. k3s does so on the machine it runs on, as root. */
export function loadCommand({ kind, name }: LocalCluster, file: string): Command {
  switch (kind) {
    case 'kind':
      return ['kind', 'load', 'image-archive', file, ...(name === undefined ? [] : ['--name', name])];
    case 'k3s':
      return ['k3s', 'ctr', 'images', 'import', file];
    case 'minikube':
      return ['minikube', ...(name === undefined ? [] : ['--profile', name]), 'image', 'load', file];
  }
}
