import { unsettled } from './unsettled';

const metadata = { name: 'tempo', namespace: 'tempo', generation: 2 };
const problems = (item: object) => unsettled(JSON.stringify({ items: [{ metadata, spec: {}, status: {}, ...item }] }));

describe('A rollout', () => {
  const complete = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3 };

  it('is settled when as many pods as wanted are there, new and ready', () => {
    expect(problems({ kind: 'StatefulSet', spec: { replicas: 3 }, status: complete })).toEqual([]);
  });

  it.each([
    ['the controller has not looked at it', { observedGeneration: 1 }, 'not looked at yet'],
    ['a pod is not ready', { readyReplicas: 2 }, '2 ready and 3 new of 3, 3 there'],
    ['a pod is an old one', { updatedReplicas: 2 }, '3 ready and 2 new of 3, 3 there'],
    ['an old pod is still there', { replicas: 4 }, '3 ready and 3 new of 3, 4 there'],
  ])('is not while %s', (_what, change, problem) => {
    const item = { kind: 'Deployment', spec: { replicas: 3 }, status: { ...complete, ...change } };
    expect(problems(item)).toEqual([`Deployment tempo/tempo: ${problem}`]);
  });
});

describe('A pod', () => {
  it('is settled when it is ready or has succeeded', () => {
    expect(problems({ kind: 'Pod', status: { conditions: [{ type: 'Ready', status: 'True' }] } })).toEqual([]);
    expect(problems({ kind: 'Pod', status: { phase: 'Succeeded' } })).toEqual([]);
  });

  it('is not while nobody takes it, which it explains', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient cpu' },
    ];
    expect(problems({ kind: 'Pod', status: { phase: 'Pending', conditions } })).toEqual([
      'Pod tempo/tempo: Pending: Unschedulable Insufficient cpu',
    ]);
  });
});

describe('Jobs and claims', () => {
  it('are settled when a pod is at work or was, and when a volume is bound', () => {
    expect(problems({ kind: 'Job', status: { active: 1 } })).toEqual([]);
    expect(problems({ kind: 'Job', status: { succeeded: 1 } })).toEqual([]);
    expect(problems({ kind: 'PersistentVolumeClaim', status: { phase: 'Bound' } })).toEqual([]);
  });

  it('are not before', () => {
    expect(problems({ kind: 'Job' })).toEqual(['Job tempo/tempo: no pod']);
    expect(problems({ kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } })).toEqual([
      'PersistentVolumeClaim tempo/tempo: Pending',
    ]);
  });
});
