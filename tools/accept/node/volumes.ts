import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeCluster } from './cluster';
import { apply } from './objects';

const className = 'standard';
/**
 * Gives a cluster a default StorageClass with volumes that are folders of this machine, each bound once. They are of the kind that
 * kubelets give to the group of a pod, as they do with disks.
 *
 * @param count more than claims are rendered
 */
export async function provideVolumes(cluster: NodeCluster, directory: string, count = 12): Promise<void> {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: className, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/no-provisioner',
    allowVolumeExpansion: true,
    // Of a claim that no pod uses it is seen too that it is bound.
    volumeBindingMode: 'Immediate',
  };
  const made = [];
  for (let index = 0; index < count; index += 1) {
    const path = join(directory, `volume-${index}`);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o750);
    made.push(volume(`volume-${index}`, path, cluster.nodeName));
  }
  await apply(cluster.kubectl, [storageClass, ...made]);
}

function volume(name: string, path: string, node: string): object {
  const onNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      storageClassName: className,
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '100Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [onNode] } },
    },
  };
}
