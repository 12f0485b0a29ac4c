import { VerifyError, type Check } from '../check';
import { RenderedEnvironment, type RenderedObject } from '../rendered';
import { clusterAt, contextOf, serve, type Answer, type TestServer } from '../testing';
import { claims, jobs } from './claims-and-jobs';
import { namespaces, objects } from './cluster-objects';
import { workloads } from './workloads';

const metadata = { name: 'tempo', namespace: 'tracing' };
const template = { metadata: {}, spec: { containers: [{ name: 'tempo' }] } };
const rendered = new RenderedEnvironment(
  [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tracing' } },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: { replicas: 2, template, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
    },
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name: 'topics' }, spec: { template } },
  ] as RenderedObject[],
  'dist/test',
);

const resource = (name: string, kind: string, namespaced = true) => ({ name, kind, namespaced });
const discovery: Readonly<Record<string, Answer>> = {
  '/api/v1': {
    resources: [
      resource('namespaces', 'Namespace', false),
      resource('pods', 'Pod'),
      resource('persistentvolumeclaims', 'PersistentVolumeClaim'),
    ],
  },
  '/apis/apps/v1': {
    resources: [resource('statefulsets', 'StatefulSet'), resource('statefulsets/status', 'StatefulSet')],
  },
  '/apis/batch/v1': { resources: [resource('jobs', 'Job')] },
};

const paths = {
  namespace: '/api/v1/namespaces/tracing',
  set: '/apis/apps/v1/namespaces/tracing/statefulsets/tempo',
  firstClaim: '/api/v1/namespaces/tracing/persistentvolumeclaims/data-tempo-0',
  secondClaim: '/api/v1/namespaces/tracing/persistentvolumeclaims/data-tempo-1',
  job: '/apis/batch/v1/namespaces/tracing/jobs/topics',
  pods: '/api/v1/namespaces/tracing/pods?labelSelector=app=tempo',
};

const setWith = (availableReplicas: number, observedGeneration = 3) => ({
  metadata: { generation: 3 },
  spec: { replicas: 2, selector: { matchLabels: { app: 'tempo' } } },
  status: { observedGeneration, availableReplicas },
});
const well: Readonly<Record<string, Answer>> = {
  ...discovery,
  [paths.namespace]: { status: { phase: 'Active' } },
  [paths.set]: setWith(2),
  [paths.firstClaim]: { status: { phase: 'Bound' } },
  [paths.secondClaim]: { status: { phase: 'Bound' } },
  [paths.job]: { status: { conditions: [{ type: 'Complete', status: 'True' }] } },
};

describe('checks of what the API server knows', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  async function run(check: Check, changes: Readonly<Record<string, Answer | undefined>> = {}) {
    const answers: Readonly<Record<string, Answer | undefined>> = { ...well, ...changes };
    server = await serve((path) => answers[path]);
    return check.run(contextOf({ rendered, cluster: clusterAt(server.url) }));
  }

  it.each([
    { check: namespaces, seen: '1 namespace: tracing' },
    { check: objects, seen: '3 objects of dist/test' },
    { check: workloads, seen: '2 pods of 1 workload available' },
    { check: claims, seen: '2 claims bound' },
    { check: jobs, seen: '1 job complete' },
  ])('$check.name passes when all is well', async ({ check, seen }) => {
    expect(await run(check)).toEqual({ result: 'passed', seen });
  });

  it.each([
    {
      check: namespaces,
      of: 'one that is not there',
      changes: { [paths.namespace]: undefined },
      says: 'tracing is not there',
    },
    {
      check: namespaces,
      of: 'one that is going',
      changes: { [paths.namespace]: { status: { phase: 'Terminating' } } },
      says: 'tracing is Terminating',
    },
    { check: objects, of: 'one that is not there', changes: { [paths.job]: undefined }, says: 'tracing/Job/topics' },
    {
      check: objects,
      of: 'a kind that the cluster does not know',
      changes: { '/apis/batch/v1': undefined },
      says: 'tracing/Job/topics',
    },
    {
      check: workloads,
      of: 'one that is not there',
      changes: { [paths.set]: undefined },
      says: 'tracing/StatefulSet/tempo is not there',
    },
    {
      check: workloads,
      of: 'a change that is not taken up',
      changes: { [paths.set]: setWith(2, 2) },
      says: 'its last change has not been taken up yet',
    },
    {
      check: workloads,
      of: 'one without pods',
      changes: { [paths.set]: setWith(0), [paths.pods]: { items: [] } },
      says: '0 of 2 available, it has no pod',
    },
    {
      check: workloads,
      of: 'an image that cannot be had',
      changes: {
        [paths.set]: setWith(1),
        [paths.pods]: {
          items: [
            {
              metadata: { name: 'tempo-1' },
              status: {
                phase: 'Pending',
                containerStatuses: [
                  { name: 'tempo', ready: false, restartCount: 4, state: { waiting: { reason: 'ImagePullBackOff' } } },
                ],
              },
            },
          ],
        },
      },
      says: '1 of 2 available (tempo-1 tempo: ImagePullBackOff, restarted 4 times)',
    },
    {
      check: workloads,
      of: 'a node without room',
      changes: {
        [paths.set]: setWith(1),
        [paths.pods]: {
          items: [
            {
              metadata: { name: 'tempo-1' },
              status: { conditions: [{ type: 'PodScheduled', status: 'False', message: 'Insufficient cpu' }] },
            },
          ],
        },
      },
      says: 'tempo-1 is not scheduled: Insufficient cpu',
    },
    {
      check: claims,
      of: 'one that waits',
      changes: { [paths.secondClaim]: { status: { phase: 'Pending' } } },
      says: 'tracing/PersistentVolumeClaim/data-tempo-1 is Pending',
    },
    {
      check: claims,
      of: 'one that is not there',
      changes: { [paths.firstClaim]: undefined },
      says: 'data-tempo-0 is not there',
    },
    {
      check: jobs,
      of: 'one that has failed',
      changes: { [paths.job]: { status: { conditions: [{ type: 'Failed', status: 'True', message: 'backoff' }] } } },
      says: 'tracing/Job/topics has failed: backoff',
    },
    {
      check: jobs,
      of: 'one that still tries',
      changes: { [paths.job]: { status: { active: 1, failed: 2 } } },
      says: 'still runs after 2 failed attempts',
    },
    { check: jobs, of: 'one that has not begun', changes: { [paths.job]: {} }, says: 'has not begun' },
  ])('$check.name fails for $of, and names it', async ({ check, changes, says }) => {
    const outcome = await run(check, changes);
    expect(outcome.result).toBe('failed');
    expect(JSON.stringify(outcome)).toContain(says);
  });

  it.each([namespaces, objects, workloads, claims, jobs])(
    '$name cannot be told without the right to look, and says so',
    async (check) => {
      const refused = { status: 403, text: JSON.stringify({ kind: 'Status', message: 'is forbidden' }) };
      server = await serve((path) => discovery[path] ?? refused);
      const running = check.run(contextOf({ rendered, cluster: clusterAt(server.url) }));
      await expect(running).rejects.toThrow(VerifyError);
      await expect(running).rejects.toThrow(/answers 403 to GET .*is forbidden/);
    },
  );

  it.each([namespaces, objects, workloads, claims, jobs])(
    '$name cannot be told where no cluster is looked at',
    (check) => expect(check.run(contextOf({ rendered }))).rejects.toThrow('there is no kubeconfig'),
  );
});
