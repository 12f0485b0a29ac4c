import { startApiServer, type ApiServerPeer } from '@plumbline/tools/peers';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { parse } from 'yaml';
import { checkAll, describeViolation, readDefinitions, type KubeObject } from '../../constructs/invariants';
import { fileOf, objectOf, renderApp } from '../../constructs/testing';
import type { Environment } from '../../environments';
import { platform } from '../../main';
import { runPlumbline } from './command';
import { eventually } from './eventually';
import { kubeadmLike, k3sLike, managedLike, type SeededCluster } from './seeded-clusters';

const root = resolve(__dirname, '..', '..');

interface Detected {
  readonly status: number | null;
  readonly stderr: string;
  readonly file: string;
  readonly source: string;
  readonly environment: Environment;
  readonly objects: readonly KubeObject[];
}

/** A real API server with the objects that a kind of cluster has; nothing of it runs. */
async function withCluster<T>(seeded: SeededCluster, work: (peer: ApiServerPeer) => Promise<T>): Promise<T> {
  const peer = await startApiServer();
  const apply = (items: readonly object[]) =>
    peer.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  try {
    for (const group of seeded.definitions) {
      await peer.kubectl(['apply', '--server-side', '-f', join(root, 'imports', 'crds', `${group}.yaml`)]);
    }
    if (seeded.theirs !== undefined) {
      await apply(seeded.theirs);
      await peer.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
    }
    // An established kind is discovered a little later.
    await eventually('the objects', () => apply(seeded.objects));
    for (const { name, status } of seeded.nodes) {
      const patch = JSON.stringify({ status });
      await peer.kubectl(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', patch]);
    }
    return await work(peer);
  } finally {
    await peer.stop();
  }
}

describe('plumbline detect, of a real API server', () => {
  let folder: string;
  const found = new Map<string, Detected>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-detect-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function detect(peer: ApiServerPeer, name: string, kubeconfig = peer.kubeconfigFile): Promise<Detected> {
    const file = join(folder, `${name}.ts`);
    const args = ['detect', '--kubeconfig', kubeconfig, '--name', name, '--output', file, '--force'];
    const { status, stderr } = await runPlumbline(args);
    if (status !== 0 && status !== 3) throw new Error(stderr);
    const module = (await import(file)) as Readonly<Record<string, Environment>>;
    const [environment] = Object.values(module);
    if (environment === undefined) throw new Error(`${file} exports nothing`);
    const objects = renderApp(platform(environment));
    const detected = { status, stderr, file, source: readFileSync(file, 'utf8'), environment, objects };
    found.set(name, detected);
    return detected;
  }

  it('writes the whole platform for a cluster as kubeadm makes it', async () => {
    await withCluster(kubeadmLike(), async (peer) => {
      const { status, stderr, source, environment, objects } = await detect(peer, 'kubeadm');
      expect(source).toContain('...minimal');
      expect(environment.cluster).toMatchObject({
        domain: 'corp.internal',
        apiServerRanges: ['192.168.10.11/32', expect.stringMatching(/^10\.96\.0\.1\/32$/) as string],
        apiServerPorts: [443, 6443],
        nodeRanges: ['192.168.10.0/24'],
        storageClass: 'fast',
      });
      expect(environment.cluster).not.toHaveProperty('tolerations');
      expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'tempo').spec)).toContain('"k8s-app":"kube-dns"');
      expect(JSON.stringify(objects)).not.toContain('openshift-dns');
      expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain('job_name: cadvisor');
      expect(stderr).toMatch(/no StorageClass is the default; claims name fast/);
      expect(stderr).toMatch(/kubelets sign their certificates themselves/);
      expect(stderr).not.toMatch(/does not enforce NetworkPolicies|could not be told/);
      expect(status).toBe(0);

      // With the role that the page gives, and no other right, it is the same.
      const page = readFileSync(join(root, 'docs', 'how-to', 'detect-a-cluster.md'), 'utf8');
      const role = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '') as object;
      await peer.kubectl(['apply', '-f', '-'], JSON.stringify(role));
      await peer.kubectl(['create', 'serviceaccount', 'reader', '-n', 'default']);
      const kubeconfig = await peer.serviceAccountKubeconfig('default', 'reader');
      const nobody = await detect(peer, 'nobody', kubeconfig);
      expect(nobody.status).toBe(3);
      expect(nobody.stderr).toMatch(
        /may not list nodes: no nodeRanges[^]*may not list storageclasses\.storage\.k8s\.io/,
      );
      expect(nobody.environment.cluster).toEqual({});

      const binding = ['--clusterrole=plumbline-detect', '--serviceaccount=default:reader'];
      await peer.kubectl(['create', 'clusterrolebinding', 'reader', ...binding]);
      const reader = await detect(peer, 'reader', kubeconfig);
      expect(reader.stderr).not.toContain('could not be told');
      expect(reader.status).toBe(0);
      expect(reader.environment.cluster).toEqual(environment.cluster);
    });
  });

  it('writes it for one node of k3s, and says that this is too small', async () => {
    await withCluster(k3sLike(), async (peer) => {
      const { status, stderr, source, environment } = await detect(peer, 'k3s');
      expect(source).toContain('...minimal');
      expect(environment.cluster).toMatchObject({ domain: 'cluster.local', nodeRanges: ['10.1.0.0/24'] });
      expect(environment.cluster).not.toHaveProperty('storageClass');
      expect(stderr).toMatch(/pods ask for .* nodes have/);
      expect(stderr).toMatch(/folders of one node \(rancher\.io\/local-path\)/);
      expect(stderr).toMatch(/Namespace\/observability-agents: enforces "restricted", and its pods need "privileged"/);
      expect(stderr).not.toMatch(/does not enforce NetworkPolicies/);
      expect(status).toBe(0);
    });
  });

  it('writes the pipeline beside what a managed cluster has already', async () => {
    await withCluster(managedLike(), async (peer) => {
      const { status, stderr, source, environment, objects } = await detect(peer, 'managed');
      expect(source).toContain('...addon');
      expect(environment.cluster).toMatchObject({
        apiServerPorts: [443],
        nodeRanges: ['10.20.1.0/24', '10.20.2.0/24', '10.20.3.0/24'],
        nodeSelector: { 'kubernetes.io/os': 'linux' },
      });
      // Its provider may move it.
      expect(environment.cluster).not.toHaveProperty('apiServerRanges');
      const policy = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'preprocessing').spec);
      expect(policy).toContain('"kubernetes.io/metadata.name":"observing"');
      expect(policy).toContain('169.254.20.10/32');
      expect(objectOf(objects, 'PodMonitor', 'preprocessing').metadata.labels).toMatchObject({ release: 'obs' });
      const dashboards = objects.filter(({ metadata }) => metadata.labels?.['their-dashboard'] === 'yes');
      expect(dashboards.length).toBeGreaterThan(3);
      expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'redpanda').spec)).not.toContain('"keda"');
      expect(stderr).toMatch(/aws-node: does not enforce NetworkPolicies/);
      expect(stderr).toMatch(/volumes of StorageClass gp2 cannot grow/);
      expect(stderr).toMatch(/in 3 zones/);
      expect(stderr).toMatch(/KEDA +in scaling[^]*Gateway API +doors\/public/);
      expect(status).toBe(0);
    });
  });

  it('writes environments that keep every invariant, differ, and compile as strictly as ours', () => {
    const environments = ['kubeadm', 'k3s', 'managed', 'nobody'].map((name) => found.get(name));
    for (const detected of environments) {
      expect(checkAll(detected?.objects ?? [], readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
      expect(detected?.objects.length).toBeGreaterThan(50);
    }
    const clusters = environments.map((detected) => JSON.stringify(detected?.environment.cluster));
    expect(new Set(clusters).size).toBe(clusters.length);
    const project = join(folder, 'tsconfig.json');
    const typeRoots = [join(root, 'node_modules', '@types')];
    const compilerOptions = { noEmit: true, typeRoots, types: ['node'] };
    const files = environments.map((detected) => detected?.file);
    writeFileSync(
      project,
      JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
    );
    const tsc = spawnSync(process.execPath, [join(root, 'node_modules', '.bin', 'tsc'), '-p', project], {
      encoding: 'utf8',
    });
    expect(tsc.stdout).toBe('');
    const prettier = [join(root, 'node_modules', '.bin', 'prettier'), '--config', join(root, '.prettierrc.json')];
    for (const file of files.map(String)) {
      const { stdout } = spawnSync(process.execPath, [...prettier, file], { cwd: root, encoding: 'utf8' });
      expect(readFileSync(file, 'utf8')).toBe(stdout);
    }
  });
});
