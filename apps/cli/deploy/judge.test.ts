import { RenderedEnvironment, type RenderedObject } from '../verify/rendered';
import { judge } from './judge';
import { claimSchema, eventSchema, podSchema, workloadSchema, type LiveState } from './live';

const metadata = { name: 'tempo', namespace: 'tracing' };
const template = { metadata: {}, spec: { containers: [{ name: 'tempo', image: 'example.org/tempo:1' }] } };
const rendered = new RenderedEnvironment(
  [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: { replicas: 1, template, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
    },
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name: 'topics' }, spec: { template } },
  ] as RenderedObject[],
  'dist/test',
);

const set = (available: number, more: object = {}) =>
  workloadSchema.parse({
    metadata: { ...metadata, generation: 2 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'tempo' } } },
    status: { observedGeneration: 2, availableReplicas: available, updatedReplicas: 1, ...more },
  });
const job = (...conditions: readonly object[]) =>
  workloadSchema.parse({
    metadata: { ...metadata, name: 'topics' },
    spec: { selector: { matchLabels: { job: 'topics' } } },
    status: { conditions },
  });
const claim = (phase: string) =>
  claimSchema.parse({ metadata: { name: 'data-tempo-0', namespace: 'tracing' }, status: { phase } });
const pod = (status: object) =>
  podSchema.parse({
    metadata: { name: 'tempo-0', namespace: 'tracing', labels: { app: 'tempo' } },
    spec: template.spec,
    status: { phase: 'Pending', ...status },
  });
const waiting = (reason: string, more: object = {}) =>
  pod({ containerStatuses: [{ name: 'tempo', ready: false, state: { waiting: { reason } }, ...more }] });
const warning = (kind: string, name: string, reason: string, message: string) =>
  eventSchema.parse({ reason, message, involvedObject: { kind, name, namespace: 'tracing' } });

const complete = { type: 'Complete', status: 'True' };

function state(
  changes: { set?: ReturnType<typeof set>; job?: ReturnType<typeof job> } & Partial<LiveState> = {},
): LiveState {
  return {
    workloads: new Map([
      ['StatefulSet/tracing/tempo', changes.set ?? set(1)],
      ['Job/tracing/topics', changes.job ?? job(complete)],
    ]),
    pods: changes.pods ?? [],
    claims: changes.claims ?? [claim('Bound')],
    events: changes.events ?? [],
  };
}

describe('an environment in a cluster', () => {
  it('is ready when workloads are available, Jobs complete and claims bound', () => {
    expect(judge(rendered, state())).toEqual({ done: 3, total: 3, pending: [] });
  });

  it.each([
    {
      why: '0 of 1 available: tempo-0 tempo: ImagePullBackOff of example.org/tempo:1',
      pods: [waiting('ImagePullBackOff')],
    },
    {
      why: '0 of 1 available: tempo-0 0/1 nodes are available: 1 Insufficient memory.',
      pods: [
        pod({
          conditions: [
            { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient memory.' },
          ],
        }),
      ],
    },
    {
      why: '0 of 1 available: tempo-0 tempo: restarted 4 times, ended with OOMKilled (exit code 137)',
      pods: [
        waiting('CrashLoopBackOff', {
          restartCount: 4,
          lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
        }),
      ],
    },
    {
      why: '0 of 1 available: tempo-0 tempo: CreateContainerConfigError: secret "s3" not found',
      pods: [
        pod({
          containerStatuses: [
            {
              name: 'tempo',
              state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "s3" not found' } },
            },
          ],
        }),
      ],
    },
    { why: '0 of 1 available: tempo-0 tempo: not ready yet', pods: [waiting('ContainerCreating')] },
    {
      why: '0 of 1 available: pods "tempo-0" is forbidden: exceeded quota: few',
      events: [warning('StatefulSet', 'tempo', 'FailedCreate', 'pods "tempo-0" is forbidden: exceeded quota: few')],
    },
    { why: '0 of 1 available' },
  ])('hangs with the reason: $why', ({ why, ...changes }) => {
    const { done, pending } = judge(rendered, state({ set: set(0), ...changes }));
    expect(done).toBe(2);
    expect(pending).toEqual([{ what: 'tracing/StatefulSet/tempo', why, isFailed: false }]);
  });

  it('is not ready while a change is rolled out, though everything is available', () => {
    expect(judge(rendered, state({ set: set(1, { observedGeneration: 1 }) })).pending).toHaveLength(1);
    expect(judge(rendered, state({ set: set(1, { updatedReplicas: 0 }) })).pending).toHaveLength(1);
  });

  it('tells a Job that has failed from one that runs', () => {
    const failed = job({ type: 'Failed', status: 'True', message: 'Job has reached the specified backoff limit' });
    expect(judge(rendered, state({ job: failed })).pending).toEqual([
      { what: 'tracing/Job/topics', why: 'Job has reached the specified backoff limit', isFailed: true },
    ]);
    expect(judge(rendered, state({ job: job() })).pending).toMatchObject([{ why: 'runs', isFailed: false }]);
  });

  it('says why a claim waits, and of what is missing that it is', () => {
    const event = warning(
      'PersistentVolumeClaim',
      'data-tempo-0',
      'ProvisioningFailed',
      'storageclass "fast" not found',
    );
    expect(judge(rendered, state({ claims: [claim('Pending')], events: [event] })).pending).toEqual([
      {
        what: 'tracing/PersistentVolumeClaim/data-tempo-0',
        why: 'is Pending: storageclass "fast" not found',
        isFailed: false,
      },
    ]);
    const nothing = { workloads: new Map(), pods: [], claims: [], events: [] };
    expect(judge(rendered, nothing).pending.map(({ why }) => why)).toEqual(Array(3).fill('is not there'));
  });
});
