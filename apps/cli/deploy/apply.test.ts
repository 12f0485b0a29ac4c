import type { RenderedObject } from '../verify/rendered';
import { clusterAt, serve, type Answer, type TestServer } from '../verify/testing';
import { applyFile, formatCounts, formatRefusal, inOrder } from './apply';

const object = (kind: string, name: string, apiVersion = 'v1'): RenderedObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
});

describe('applying', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  const discovery: Readonly<Record<string, Answer>> = {
    '/api/v1': { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] },
  };
  const path = '/api/v1/namespaces/shop/configmaps/a';

  async function apply(
    before: Answer | undefined,
    answer: Answer,
    objects = [object('ConfigMap', 'a')],
    force = false,
  ) {
    server = await serve((url, { method }) => {
      if (url in discovery) return discovery[url];
      return method === 'PATCH' ? answer : before;
    });
    return applyFile(clusterAt(server.url).api, { name: 'a.yaml', objects }, { force });
  }
  const live = (data: object, more: object = {}) => ({ data, metadata: { name: 'a', uid: '1', ...more } });

  it.each([
    { change: 'created', before: undefined, after: live({}) },
    { change: 'changed', before: live({ key: 'old' }), after: live({ key: 'new' }) },
    {
      change: 'unchanged',
      before: live({ key: 'same' }, { resourceVersion: '7', managedFields: [{ manager: 'kubectl' }] }),
      after: live({ key: 'same' }, { resourceVersion: '8', managedFields: [{ manager: 'plumbline' }] }),
    },
  ] as const)('tells that an object was $change', async ({ change, before, after }) => {
    const result = await apply(before, after);
    expect(formatCounts(result)).toBe(`1 ${change}`);
    expect(server?.requests.at(-1)).toMatch(
      /^PATCH .*\/configmaps\/a\?fieldManager=plumbline&force=false&fieldValidation=Strict/,
    );
  });

  it('takes fields over only when that is said', async () => {
    await apply(live({}), live({}), undefined, true);
    expect(server?.requests.at(-1)).toContain('force=true');
  });

  it.each([
    { status: 409, message: 'Apply failed with 1 conflict: conflict with "helm"', todo: '--force-conflicts' },
    { status: 403, message: 'configmaps is forbidden', todo: 'plumbline doctor --only permissions' },
    { status: 403, message: 'unable to create new content because it is being terminated', todo: 'kubectl wait' },
    { status: 422, message: 'spec: Forbidden: updates to statefulset spec', todo: '--cascade=orphan' },
    { status: 422, message: 'metadata.name: Invalid value', todo: 'kubectl get configmap a -n shop -o yaml' },
  ])('says what to do when it is refused with $status: $message', async ({ status, message, todo }) => {
    const result = await apply(live({}), { status, text: JSON.stringify({ message }) });
    expect(formatCounts(result)).toBe('1 refused');
    const [refusal] = result.refused;
    expect(refusal && formatRefusal(refusal)).toEqual([
      `- shop/ConfigMap/a: ${message}`,
      expect.stringContaining(todo) as string,
    ]);
  });

  it('goes on after a kind that the cluster does not know', async () => {
    const result = await apply(undefined, live({}), [
      object('Certificate', 'c', 'cert-manager.io/v1'),
      object('ConfigMap', 'a'),
    ]);
    expect(formatCounts(result)).toBe('1 created, 1 refused');
    expect(result.refused[0]?.reason).toBe('the cluster does not know Certificate of cert-manager.io/v1');
    expect(server?.requests.some((request) => request.includes(path))).toBe(true);
  });

  it('begins with definitions, then namespaces, of all files', () => {
    const files = [
      { name: 'a.yaml', objects: [object('ConfigMap', 'a'), object('Namespace', 'n')] },
      { name: 'b.yaml', objects: [object('CustomResourceDefinition', 'd'), object('ConfigMap', 'b')] },
    ];
    const { first, rest } = inOrder(files);
    expect(first.map(({ kind }) => kind)).toEqual(['CustomResourceDefinition', 'Namespace']);
    expect(rest.map(({ objects }) => objects.map(({ metadata }) => metadata.name))).toEqual([['a'], ['b']]);
  });
});
