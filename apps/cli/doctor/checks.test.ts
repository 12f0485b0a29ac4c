import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { oldestMinor } from '../../../constructs/invariants/kubernetes-types';
import { clock, connection, oldestServedMinor, versions } from './checks/connection';
import { freePorts, node } from './checks/laptop';
import { manifests } from './checks/manifests';
import { networkPolicies } from './checks/network';
import { nodes } from './checks/nodes';
import { admission, images, jobs } from './checks/pods';
import { storage } from './checks/storage';
import { registry } from './registry';
import { environmentOf, examined, linesOf } from './testing';

const list = (...items: readonly object[]) => ({ items });
const deployment = (requests: object, image = 'example.org/shop:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'shop', image, resources: { requests } }] } } },
});
const liveNode = (allocatable: object, more: object = {}) => ({
  metadata: { name: 'node-0' },
  status: {
    allocatable,
    conditions: [{ type: 'Ready', status: 'True' }],
    nodeInfo: { kubeletVersion: 'v1.36.3' },
  },
  ...more,
});

describe('this machine', () => {
  it('wants a Node.js that is new enough', async () => {
    expect((await examined(node)).findings).toEqual([]);
    expect((await examined(node, { laptop: { nodeVersion: '24.0.0' } })).findings).toEqual([]);
    expect(linesOf(await examined(node, { laptop: { nodeVersion: '20.19.9' } }))).toMatch(
      /20\.19\.9 is too old.*nvm install 20/,
    );
  });

  it('is warned of ports that others have, but not of Plumbline itself', async () => {
    const isFree = (port: number) => Promise.resolve(port !== 4317);
    expect(linesOf(await examined(freePorts, { laptop: { isFree } }))).toMatch(
      /^warning port 4317: taken, .*lsof -i :4317 .*standalone --grpc-port 0$/,
    );
    const grafanaIsTaken = (port: number) => Promise.resolve(port !== 3000);
    expect(linesOf(await examined(freePorts, { laptop: { isFree: grafanaIsTaken } }))).toMatch(
      /^warning port 3000: taken, so kubectl port-forward fails there -> plumbline up forwards .*lsof -i :3000/,
    );
    const takesTraces = () => Promise.resolve(true);
    expect((await examined(freePorts, { laptop: { isFree, takesTraces } })).findings).toEqual([]);
  });
});

describe('the API server', () => {
  it('that does not know the user is told, one that answers is well', async () => {
    expect((await examined(connection, { answers: { '/api': {} } })).findings).toEqual([]);
    const answers = { '/api': { status: 401, text: 'Unauthorized' } };
    expect(linesOf(await examined(connection, { answers }))).toMatch(/does not know this user.*auth whoami/);
  });

  it('has a clock that is compared with ours', async () => {
    const answers = { '/version': { gitVersion: 'v1.36.3' } };
    expect((await examined(clock, { answers })).findings).toEqual([]);
    expect(linesOf(await examined(clock, { answers, nowMs: Date.now() - 60_000 }))).toMatch(
      /(59|60|61) s behind .*timedatectl/,
    );
    expect(linesOf(await examined(clock, { answers, nowMs: Date.now() + 60_000 }))).toMatch(/(59|60|61) s ahead of/);
  });

  it('is of a version that manifests are rendered for', async () => {
    expect(`1.${oldestServedMinor}`).toBe(oldestMinor);
    const at = (gitVersion: string) => ({ '/version': { gitVersion, major: '1', minor: '0' } });
    expect((await examined(versions, { answers: at(`v${oldestMinor}.0`) })).findings).toEqual([]);
    expect(linesOf(await examined(versions, { answers: at('v1.27.9-eks-1') }))).toContain(
      'v1.27.9-eks-1 is older than 1.28',
    );
  });
});

describe('nodes', () => {
  const path = '/api/v1/nodes';
  const of = (requests: object, ...items: readonly object[]) =>
    examined(nodes, { rendered: environmentOf(deployment(requests)), answers: { [path]: list(...items) } });

  it('have room, or are too small together, or each by itself', async () => {
    const two = liveNode({ cpu: '1900m', memory: '4Gi' });
    expect((await of({ cpu: '500m', memory: '1Gi' }, two)).findings).toEqual([]);
    expect(linesOf(await of({ cpu: '1' }, two))).toMatch(
      /pods ask for 2\.0 CPUs, nodes have 1\.9 -> give the machine of Docker more/,
    );
    expect(linesOf(await of({ memory: '5Gi' }, two, two, two))).toMatch(
      /shop\/Deployment\/shop: a pod asks for 5\.0 GiB of memory, the largest node has 4\.0/,
    );
  });

  it('are told when they are not there, not ready or under pressure', async () => {
    expect(linesOf(await of({}))).toContain('Node: there is none');
    const conditions = [
      { type: 'Ready', status: 'False', message: 'container runtime is down' },
      { type: 'DiskPressure', status: 'True', message: 'kubelet has disk pressure' },
    ];
    expect(linesOf(await of({}, { metadata: { name: 'node-0' }, status: { conditions } }))).toMatch(
      /is not ready: container runtime is down.*describe node node-0\nerror Node\/node-0: DiskPressure/,
    );
  });
});

describe('storage', () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'a', namespace: 'shop' },
    spec: {},
  };
  const storageClass = (name: string, isDefault: boolean, allowVolumeExpansion = true) => ({
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) } },
    allowVolumeExpansion,
  });
  const of = (...classes: readonly object[]) =>
    examined(storage, {
      rendered: environmentOf(claim),
      answers: { '/apis/storage.k8s.io/v1/storageclasses': list(...classes) },
    });

  it('has one default class, whose volumes can grow', async () => {
    expect((await of(storageClass('standard', true))).findings).toEqual([]);
    expect(linesOf(await of())).toMatch(/^error StorageClass: there is no default.*local-path-storage\.yaml/);
    expect(linesOf(await of(storageClass('fast', false)))).toContain('annotate storageclass fast');
    expect(linesOf(await of(storageClass('a', true), storageClass('b', true)))).toMatch(
      /^warning.*several.*annotate storageclass b .*-$/,
    );
    expect(linesOf(await of(storageClass('standard', true, false)))).toMatch(
      /^warning.*cannot grow.*patch storageclass standard/,
    );
  });
});

describe('NetworkPolicies', () => {
  const set = (name: string, args: readonly string[] = []) => ({
    metadata: { name, namespace: 'kube-system' },
    spec: { template: { spec: { containers: [{ args }] } } },
  });
  const of = (items: readonly object[], kubeletVersion = 'v1.36.3') =>
    examined(networkPolicies, {
      answers: {
        '/apis/apps/v1/daemonsets': { items },
        '/api/v1/nodes': list({ status: { nodeInfo: { kubeletVersion } } }),
      },
    });

  it.each([
    { of: 'Cilium', items: [set('cilium')] },
    { of: 'kind', items: [set('kindnet')] },
    { of: 'k3s', items: [], kubeletVersion: 'v1.36.3+k3s1' },
    { of: 'Amazon with its agent', items: [set('aws-node', ['--enable-network-policy=true'])] },
    { of: 'Canal beside flannel', items: [set('kube-flannel-ds'), set('canal')] },
  ])('are enforced by the network of $of', async ({ items, kubeletVersion }) => {
    expect((await of(items, kubeletVersion)).findings).toEqual([]);
  });

  it('are not by flannel or by Amazon without its agent, and it cannot be told of a network unknown', async () => {
    expect(linesOf(await of([set('kube-flannel-ds')]))).toMatch(/^warning kube-system\/DaemonSet\/kube-flannel-ds/);
    expect(linesOf(await of([set('aws-node', ['--enable-network-policy=false'])]))).toContain('aws eks update-addon');
    await expect(of([set('their-own')])).rejects.toThrow('no known network add-on');
  });
});

describe('pods', () => {
  const placeholder = 'ghcr.io/plumbline-observability/plumbline-workers:0.1.0';

  it('of workers want an image that somebody brings, which is said before they are there', async () => {
    const rendered = environmentOf(deployment({}, placeholder));
    expect(linesOf(await examined(images, { rendered }))).toMatch(
      /^warning ghcr\.io.*placeholder.*npm run image -- --load kind$/,
    );
    expect(linesOf(await examined(images, { rendered, contextName: 'kind-dev' }))).toContain('--load kind:dev');
    const own = environmentOf(deployment({}, 'registry.example.org/plumbline-workers:0.1.0'));
    expect((await examined(images, { rendered: own })).findings).toEqual([]);
  });

  it('that may not be made are told until they are there', async () => {
    const rendered = environmentOf(deployment({}));
    const event = {
      reason: 'FailedCreate',
      message: 'pods "shop-1" is forbidden: violates PodSecurity "restricted:latest"',
      involvedObject: { kind: 'ReplicaSet', name: 'shop-1', namespace: 'shop' },
    };
    const live = (availableReplicas: number) => ({
      metadata: { name: 'shop', namespace: 'shop' },
      spec: { replicas: 2 },
      status: { observedGeneration: 1, availableReplicas },
    });
    const answers = (available: number) => ({
      '/apis/apps/v1/namespaces/shop/deployments': list(live(available)),
      '/api/v1/namespaces/shop/events?fieldSelector=type=Warning&limit=200': list(event),
    });
    expect(linesOf(await examined(admission, { rendered, answers: answers(0) }))).toMatch(
      /shop\/ReplicaSet\/shop-1: .*violates PodSecurity.*doctor --only namespaces/,
    );
    expect((await examined(admission, { rendered, answers: answers(2) })).findings).toEqual([]);
  });

  it('of a Job that has failed are told with how it is made anew', async () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'topics', namespace: 'shop' }, spec: {} };
    const conditions = [{ type: 'Failed', status: 'True', message: 'backoff limit' }];
    const live = { metadata: { name: 'topics', namespace: 'shop' }, spec: {}, status: { conditions } };
    const answers = { '/apis/batch/v1/namespaces/shop/jobs': list(live) };
    expect(linesOf(await examined(jobs, { rendered: environmentOf(job), answers }))).toMatch(
      /has failed: backoff limit -> kubectl -n shop logs job\/topics; kubectl -n shop delete job topics/,
    );
  });
});

describe('manifests', () => {
  it('of the thesis belong together, and what is twice or missing is told', async () => {
    expect((await examined(manifests)).findings).toEqual([]);
    const one = deployment({});
    expect(linesOf(await examined(manifests, { rendered: environmentOf(one, one) }))).toContain(
      'is in dist/test twice',
    );
  });
});

describe('docs/how-to/run-it-on-a-cluster.md', () => {
  it('has every check, in the order in which they are made', () => {
    const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'how-to', 'run-it-on-a-cluster.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name]) => name);
    expect(rows).toEqual(registry.map(({ name }) => name));
  });
});
