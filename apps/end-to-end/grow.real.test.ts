import { startSimulatedCluster, type SimulatedClusterPeer } from '@plumbline/tools/peers';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments, stringify } from 'yaml';
import { runPlumbline } from './command';

interface Growth {
  readonly outcome: string;
  readonly exitCode: number;
  readonly steps: readonly string[];
  readonly obstacles: readonly { readonly problem: string; readonly todo: string }[];
}
interface Claim {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly volumeName: string;
    readonly storageClassName: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
  readonly status: { readonly capacity?: { readonly storage: string } };
}
interface Pod {
  readonly metadata: { readonly uid: string; readonly ownerReferences?: readonly { readonly kind: string }[] };
}
interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    replicas: number;
    volumeClaimTemplates: { spec: { storageClassName?: string; resources: { requests: { storage: string } } } }[];
  };
}

const source = resolve(__dirname, '..', '..', 'dist', 'minimal');
const file = 'collection.k8s.yaml';
const namespace = 'observability';
const set = 'otel-aggregator';
const claims = [`queue-${set}-0`, `queue-${set}-1`];

/**
 * A real API server, controllers and scheduler. Nothing there has a volume, so what drivers do, the resizer and the node, is done here in
 * their place: the sizes of a volume and of the status of its claim follow what the claim asks for.
 */
describe('plumbline grow, of the aggregator of dist/minimal', () => {
  let cluster: SimulatedClusterPeer;
  let folder: string;
  let isResizing = true;
  let isStopping = false;
  let resizing: Promise<void>;

  const kubectl = async (...args: readonly string[]) => (await cluster.kubectl(args)).stdout.trim();
  const apply = (items: readonly object[]) =>
    cluster.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-grow-'));
    cluster = await startSimulatedCluster([{ cpus: 8, memoryGiB: 16 }]);
    await apply([
      storageClass('growing', true),
      storageClass('fixed', false),
      ...[0, 1].map((index) => volume(`growing-${index}`)),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ]);
    render('4Gi');
    const up = await runPlumbline([
      'up',
      folder,
      '--kubeconfig',
      cluster.kubeconfigFile,
      '--no-forward',
      '--timeout',
      '90',
    ]);
    if (up.status !== 0) throw new Error(up.stderr + up.stdout);
    resizing = resize();
  });
  afterAll(async () => {
    isStopping = true;
    await resizing;
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As `npm run synth` would render it with another size. */
  function render(size: string, replicas = 2): void {
    const objects = parseAllDocuments(readFileSync(join(source, file), 'utf8')).map((each) => each.toJS() as Rendered);
    const kept = objects.filter(
      ({ kind, metadata }) =>
        ['StatefulSet', 'ServiceAccount', 'ConfigMap', 'Service'].includes(kind) && metadata.name.startsWith(set),
    );
    for (const { kind, spec } of kept) {
      if (kind !== 'StatefulSet') continue;
      spec.replicas = replicas;
      for (const template of spec.volumeClaimTemplates) {
        template.spec.resources.requests.storage = size;
        template.spec.storageClassName = 'growing';
      }
    }
    writeFileSync(join(folder, file), kept.map((object) => stringify(object)).join('---\n'));
  }

  async function grow(...args: readonly string[]): Promise<Growth> {
    const given = ['--kubeconfig', cluster.kubeconfigFile, '--json', '--timeout', '60', ...args];
    const { stdout, stderr } = await runPlumbline(['grow', 'queue-otel-aggregator', folder, ...given]);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Growth;
  }

  /** Each pod, and the kind of who owns it. */
  const pods = async () => {
    const { items } = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-o', 'json')) as {
      readonly items: readonly Pod[];
    };
    return items.map(({ metadata }) => `${metadata.uid} of ${metadata.ownerReferences?.[0]?.kind ?? 'nobody'}`);
  };
  const asked = () =>
    kubectl('get', 'pvc', '-n', namespace, '-o', 'jsonpath={.items[*].spec.resources.requests.storage}');
  const inTemplate = () =>
    kubectl(
      'get',
      'statefulset',
      set,
      '-n',
      namespace,
      '-o',
      'jsonpath={.spec.volumeClaimTemplates[0].spec.resources.requests.storage}',
    );

  async function resize(): Promise<void> {
    while (!isStopping) {
      const list = JSON.parse(await kubectl('get', 'pvc', '-n', namespace, '-o', 'json')) as {
        readonly items: readonly Claim[];
      };
      for (const { metadata, spec, status } of list.items) {
        const { storage } = spec.resources.requests;
        if (!isResizing || status.capacity?.storage === storage) continue;
        const patch = (body: object) => ['--type=merge', '-p', JSON.stringify(body)];
        await kubectl('patch', 'pv', spec.volumeName, ...patch({ spec: { capacity: { storage } } }));
        const grown = patch({ status: { capacity: { storage } } });
        await kubectl('patch', 'pvc', metadata.name, '-n', namespace, '--subresource=status', ...grown);
      }
      await sleep(300);
    }
  }

  it('has nothing to do for what is as large, and says which value makes it larger', async () => {
    const { outcome, exitCode, steps } = await grow();
    expect({ outcome, exitCode }).toEqual({ outcome: 'as large', exitCode: 0 });
    expect(steps.join()).toContain('set otel.aggregator.volume to { size: Size.gibibytes(8) } in the environment');
  });

  it('refuses a size that is not rendered, and says which value to change first', async () => {
    const { exitCode, obstacles } = await grow('--size', '6Gi');
    expect(obstacles).toEqual([
      {
        problem: expect.stringMatching(/renders 4Gi for observability\/queue-otel-aggregator, not 6Gi$/) as string,
        todo: 'set otel.aggregator.volume to { size: Size.gibibytes(6) } in the environment, npm run synth, then again',
      },
    ]);
    expect(exitCode).toBe(1);
  });

  it('refuses to shrink', async () => {
    render('2Gi');
    const { exitCode, obstacles } = await grow();
    expect(obstacles.map(({ problem }) => problem)).toEqual(
      claims.map((name) => `observability/PersistentVolumeClaim/${name} asks for 4Gi, and volumes never shrink`),
    );
    expect(exitCode).toBe(1);
  });

  it('refuses where the StorageClass does not let volumes grow', async () => {
    render('6Gi');
    await kubectl('patch', 'storageclass', 'growing', '-p', '{"allowVolumeExpansion":false}');
    const { exitCode, obstacles } = await grow();
    await kubectl('patch', 'storageclass', 'growing', '-p', '{"allowVolumeExpansion":true}');
    expect(obstacles[0]?.problem).toMatch(/volumes of StorageClass growing cannot grow/);
    expect(obstacles[0]?.todo).toContain('kubectl patch storageclass growing');
    expect(exitCode).toBe(1);
    expect(await asked()).toBe('4Gi 4Gi');
  });

  it('changes nothing when it is dry', async () => {
    const before = await pods();
    const { outcome, steps } = await grow('--dry-run');
    expect(outcome).toBe('would grow');
    expect(steps).toEqual([
      ...claims.map((name) => `${name}: 4Gi to 6Gi, StorageClass growing`),
      expect.stringContaining('deleted without its pods, and made again, with 6Gi in its template'),
    ]);
    expect([await asked(), await inTemplate(), await pods()]).toEqual(['4Gi 4Gi', '4Gi', before]);
  });

  it('grows claims and template, and every pod is the one that it was', async () => {
    const before = await pods();
    expect(before.filter((pod) => pod.endsWith(' of StatefulSet'))).toHaveLength(2);
    const { outcome, exitCode, obstacles } = await grow();
    expect({ outcome, exitCode, obstacles }).toEqual({ outcome: 'grown', exitCode: 0, obstacles: [] });
    expect([await asked(), await inTemplate()]).toEqual(['6Gi 6Gi', '6Gi']);
    await cluster.settle();
    expect(await pods()).toEqual(before);
    expect((await grow()).outcome).toBe('as large');
  });

  it('goes on where it was interrupted after one claim', async () => {
    render('8Gi');
    const before = await pods();
    const larger = '{"spec":{"resources":{"requests":{"storage":"8Gi"}}}}';
    await kubectl('patch', 'pvc', claims[0] ?? '', '-n', namespace, '-p', larger);
    const { outcome, steps } = await grow();
    expect(outcome).toBe('grown');
    expect(steps[0]).toBe(`${claims[1]}: 6Gi to 8Gi, StorageClass growing`);
    expect([await asked(), await inTemplate(), await pods()]).toEqual(['8Gi 8Gi', '8Gi', before]);
  });

  it('goes on where it was interrupted after the StatefulSet was deleted, also with more pods than are rendered', async () => {
    render('10Gi', 1);
    const before = await pods();
    await kubectl('delete', 'statefulset', set, '-n', namespace, '--cascade=orphan');
    expect(await pods()).toEqual(before.map((pod) => pod.replace('StatefulSet', 'nobody')));
    const { outcome, steps } = await grow();
    expect(outcome).toBe('grown');
    expect(steps.at(-1)).toContain('made again, with 10Gi');
    expect([await asked(), await inTemplate(), await pods()]).toEqual(['10Gi 10Gi', '10Gi', before]);
  });

  it('says in time what has not grown, and ends well once it has', async () => {
    render('12Gi');
    isResizing = false;
    const { outcome, exitCode, obstacles } = await grow('--timeout', '4');
    expect({ outcome, exitCode }).toEqual({ outcome: 'not yet', exitCode: 1 });
    expect(obstacles[0]?.problem).toMatch(/has 10Gi of 12Gi: /);
    isResizing = true;
    // Whether it is so before the command looks, or while it waits, is the driver's affair.
    expect((await grow()).exitCode).toBe(0);
    const capacities = 'jsonpath={.items[*].status.capacity.storage}';
    expect(await kubectl('get', 'pvc', '-n', namespace, '-o', capacities)).toBe('12Gi 12Gi');
  });

  it('leaves a StatefulSet of the same name that is somebody else’s', async () => {
    render('14Gi');
    await kubectl('label', 'statefulset', set, '-n', namespace, 'app.kubernetes.io/part-of-');
    const { exitCode, obstacles } = await grow();
    expect(obstacles[0]?.problem).toContain('is not ours');
    expect(exitCode).toBe(1);
    expect(await asked()).toBe('12Gi 12Gi');
  });
});

function storageClass(name: string, allowVolumeExpansion: boolean): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion,
  };
}

function volume(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      storageClassName: 'growing',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '4Gi' },
      hostPath: { path: '/nowhere' },
    },
  };
}
