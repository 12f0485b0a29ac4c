import type { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { ConfigFile } from './config-file';
import { defined } from './defined';
import { FilesTooLargeError } from './errors';
import type { HostPath } from './security-profile';

/** Something that can be mounted in the containers of one {@link Workload}. */
export interface Volume {
  readonly name: string;
  /** Whether containers may write to it. */
  readonly writable: boolean;
  /** Whether what is read there changes under running pods, as a folder of files does and a single file does not. @default false */
  readonly reloads?: boolean;
}

/** How configuration gets to pods that run. */
export interface ConfigOptions {
  /**
   * Whether the program reads the files again when they change; pods then go on with the new ones, a minute or two later.
   *
   * @default false - pods restart
   */
  readonly reload?: boolean;
}

/** Where a volume is mounted. */
export interface MountOptions {
  /** Names of containers. @default - the main container */
  readonly containers?: readonly string[];
  /** A folder or file of the volume. @default - all of it */
  readonly subPath?: string;
}

/** A persistent volume claim of a {@link Workload}. */
export interface ClaimProps {
  readonly size: Size;
  /**
   * @default - the environment's, else the cluster's default class
   */
  readonly storageClass?: string;
}

/** A Kubernetes size, in the largest unit that keeps it whole. */
export function storageQuantity(size: Size): k8s.Quantity {
  const mebibytes = size.toMebibytes();
  return k8s.Quantity.fromString(mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`);
}

export function claimSpec({ size, storageClass }: ClaimProps): k8s.PersistentVolumeClaimSpec {
  return {
    accessModes: ['ReadWriteOnce'],
    ...defined({ storageClassName: storageClass }),
    resources: { requests: { storage: storageQuantity(size) } },
  };
}

/** Kubernetes refuses a ConfigMap whose keys and values are more. */
const configMapBytes = 2 ** 20;

export function hostPathVolume(name: string, { path, type = 'Directory' }: HostPath): k8s.Volume {
  return { name, hostPath: { path, type } };
}

/** Key and text of each file. @throws {FilesTooLargeError} if one ConfigMap cannot hold them */
export function fileData(files: readonly ConfigFile[]): Record<string, string> {
  const data = Object.fromEntries(files.map((file) => [file.name, file.text()]));
  const sizes = new Map(
    Object.entries(data).map(([name, text]) => [name, Buffer.byteLength(name) + Buffer.byteLength(text)]),
  );
  const total = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0);
  if (total > configMapBytes) throw new FilesTooLargeError(sizes, configMapBytes);
  return data;
}
