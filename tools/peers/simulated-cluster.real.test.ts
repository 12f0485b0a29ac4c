import { startSimulatedCluster, type SimulatedClusterPeer } from './simulated-cluster';

describe('A cluster of simulated nodes', () => {
  let cluster: SimulatedClusterPeer;
  beforeAll(async () => {
    cluster = await startSimulatedCluster([{ cpus: 2, memoryGiB: 4 }]);
  });
  afterAll(() => cluster.stop());

  const apply = (items: readonly object[]) =>
    cluster.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

  const set = (name: string, cpu: string, storageClassName?: string) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, image: 'example.org/shop:1', resources: { requests: { cpu } } }] },
      },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  });

  it('settles with what fits, its claims bound', async () => {
    await apply([set('fits', '1')]);
    await cluster.settle();
    const { stdout } = await cluster.kubectl(['get', 'pvc', 'data-fits-0', '-o', 'jsonpath={.status.phase}']);
    expect(stdout).toBe('Bound');
  });

  it('says what does not fit, and why', async () => {
    await apply([set('large', '1')]);
    await expect(cluster.settle(10_000)).rejects.toThrow(
      /StatefulSet default\/large: 0 ready.*Pod default\/large-0: Pending: Unschedulable .*Insufficient cpu/s,
    );
    await cluster.kubectl(['delete', 'statefulset', 'large']);
    await cluster.kubectl(['delete', 'pvc', 'data-large-0']);
  });

  it('says which claim nobody provides for', async () => {
    await apply([set('odd', '100m', 'not-there')]);
    await expect(cluster.settle(10_000)).rejects.toThrow(/PersistentVolumeClaim default\/data-odd-0: Pending/);
  });
});
