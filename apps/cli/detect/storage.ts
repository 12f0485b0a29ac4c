import { z } from 'zod';
import type { ClusterReader } from './reader';

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';
const classSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  provisioner: z.string().default(''),
  volumeBindingMode: z.string().default('Immediate'),
  allowVolumeExpansion: z.boolean().default(false),
});
export type StorageClass = z.infer<typeof classSchema>;

/** Classes of volumes, `undefined` where they may not be listed. */
export function readStorageClasses(reader: ClusterReader): Promise<readonly StorageClass[] | undefined> {
  const path = '/apis/storage.k8s.io/v1/storageclasses';
  const right = 'list storageclasses.storage.k8s.io';
  return reader.list({ path, right, instead: "claims take the cluster's default class" }, classSchema);
}

/** What was found out about classes. */
export interface StorageChoice {
  /** The class that claims get; `undefined` where there is none. */
  readonly used?: StorageClass;
  /** Whether it has to be named, as it is not the default. */
  readonly isNamed: boolean;
  readonly warnings: readonly string[];
}

/** File systems over a network: databases lose their locks there, and Prometheus says that it does not support them. */
const networkFileSystems = /\bnfs\b|\befs\b|azurefile|file\.csi\.azure|filestore|\bsmb\b|\bcifs\b/i;
/** Folders of a node. */
const nodeFolders = /^rancher\.io\/local-path$|hostpath|host-path/;
/** Volumes are made by hand for it. */
const noProvisioner = 'kubernetes.io/no-provisioner';

/** The class that claims get, and what is to be known of it. */
export function chooseStorage(classes: readonly StorageClass[], zones: readonly string[]): StorageChoice {
  const defaults = classes.filter(({ metadata }) => metadata.annotations[defaultAnnotation] === 'true');
  const [isDefault] = defaults;
  // The best first: that makes volumes by itself, as a database wants them, and that can grow.
  const best = [...classes].sort((a, b) => rank(b) - rank(a))[0];
  const used = isDefault ?? best;
  if (used === undefined) {
    return {
      isNamed: false,
      warnings: ['there is no StorageClass, so claims would wait for ever: install a driver of volumes'],
    };
  }
  const { name } = used.metadata;
  const warnings: string[] = [];
  if (isDefault === undefined) {
    warnings.push(
      `no StorageClass is the default; claims name ${name}, of ${classes
        .map((each) => each.metadata.name)
        .sort()
        .join(', ')}`,
    );
  }
  if (defaults.length > 1) {
    const names = defaults.map(({ metadata }) => metadata.name).join(', ');
    warnings.push(`several StorageClasses are the default (${names}), the newest is taken: leave the mark on one`);
  }
  if (networkFileSystems.test(used.provisioner)) {
    const other =
      best !== undefined && !networkFileSystems.test(best.provisioner) ? `; ${best.metadata.name} is there` : '';
    warnings.push(
      `StorageClass ${name} is a file system over the network (${used.provisioner}), on which Prometheus, Loki and databases lose data: name another by cluster.storageClass${other}`,
    );
  }
  if (nodeFolders.test(used.provisioner)) {
    warnings.push(
      `volumes of StorageClass ${name} are folders of one node (${used.provisioner}): they are gone with it, and their size is no limit`,
    );
  }
  if (used.provisioner === noProvisioner) {
    warnings.push(`StorageClass ${name} makes no volumes: as many as there are claims must be there already`);
  }
  if (!used.allowVolumeExpansion) {
    warnings.push(`volumes of StorageClass ${name} cannot grow (allowVolumeExpansion): give the sizes that last`);
  }
  if (zones.length > 1 && used.volumeBindingMode === 'Immediate' && used.provisioner !== noProvisioner) {
    warnings.push(
      `StorageClass ${name} makes volumes before it is known where their pods run (volumeBindingMode Immediate), and nodes are in ${zones.length} zones: pods may wait for ever; WaitForFirstConsumer mends it`,
    );
  }
  return { used, isNamed: isDefault === undefined, warnings };
}

function rank({ provisioner, allowVolumeExpansion }: StorageClass): number {
  const suits = provisioner !== noProvisioner && !networkFileSystems.test(provisioner);
  return (suits ? 2 : 0) + (allowVolumeExpansion ? 1 : 0);
}
