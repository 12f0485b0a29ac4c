import { sumResources } from './budget';
import { soundObjects } from './fixtures';
import { parseObjects } from './rendered';

const mebi = 2 ** 20;

describe('the sum of resources', () => {
  const sums = sumResources(soundObjects());

  it('takes the larger of init containers and containers, times replicas, autoscaled workloads at their minimum', () => {
    // frontend 2 × 100m, orders 2 × 200m, report 50m, ledger 3 × max(400m, 250m), credentials 20m, probe 10m
    expect(sums.cpu).toBeCloseTo(0.2 + 0.4 + 0.05 + 1.2 + 0.02 + 0.01, 9);
    expect(sums.memory).toBe((256 + 512 + 64 + 3 * 512 + 64 + 16) * mebi);
  });

  it('counts a claim template once for each replica', () => {
    expect(sums.storage).toBe(15 * 1024 * mebi);
  });

  it('counts claims that stand alone', () => {
    const claim = parseObjects(
      '{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {resources: {requests: {storage: 1Gi}}}}',
      'claim',
    );
    expect(sumResources(claim)).toEqual({ cpu: 0, memory: 0, storage: 1024 * mebi });
  });
});
