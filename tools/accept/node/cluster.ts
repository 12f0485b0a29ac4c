import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { logged, PeerProcess, runProgram, startApiServer, type ApiServerPeer, type Readiness } from '../../peers';
import { program } from '../../peers/installed';
import { writeArchive } from '../../image/oci';
import { hostPlatform } from '../../image/platforms';
import { system } from './commands';
import { containerdConfig, coreFile, kubeletConfig, networkConfig, sandboxImage } from './configuration';
import { forward, type Forward } from './forward';
import { addresses, createNodeNetwork, type NodeNetwork } from './network';
import { undone } from './undo';

/** A cluster with one node that really runs pods; its control plane is outside of the node. */
export interface NodeCluster {
  readonly kubectl: ApiServerPeer['kubectl'];
  /** Kubeconfig of an administrator, by which commands find it from this machine. */
  readonly kubeconfigFile: string;
  readonly network: NodeNetwork;
  readonly nodeName: string;
  /** Imports an archive as `ctr images import` does. */
  readonly importImage: (file: string) => Promise<void>;
  /** Its images, with their digests. */
  readonly images: () => Promise<string>;
  /** Ids of its containers, those of sandboxes too. */
  readonly containers: () => Promise<readonly string[]>;
  /** Has pods reach the API server at this port, whatever port they did so before. */
  readonly serveApiAt: (port: number) => Promise<void>;
  /** Runs a program in a container. */
  readonly execute: (containerId: string, command: readonly string[]) => Promise<string>;
  /** SIGKILL, as of a process that takes more memory than it may. */
  readonly kill: (containerId: string) => Promise<void>;
  /** What the containers of a pod have printed. */
  readonly logs: (namespace: string, pod: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const nodeName = 'node';
/** Of the API server for the node itself. */
const nodeApiPort = 7443;

/**
 * Starts control plane and node; wants root, containerd, runc, the CNI plugins, iptables, conntrack and iproute2.
 *
 * @throws {PeerFailedError} with the end of its log, if a part does not start
 */
export async function startNodeCluster(): Promise<NodeCluster> {
  const programs = {
    manager: program('controllers', 'kube-controller-manager'),
    scheduler: program('controllers', 'kube-scheduler'),
    kubelet: program('kube-node', 'kubelet'),
    proxy: program('kube-node', 'kube-proxy'),
    dns: program('coredns'),
  };
  const undo: (() => Promise<unknown>)[] = [];
  const stop = () => undone(undo);
  try {
    const directory = await mkdtemp(join(tmpdir(), 'plumbline-node-'));
    undo.push(() => rm(directory, { recursive: true, force: true }));
    const network = await createNodeNetwork();
    undo.push(() => network.remove());
    // The name of the node is known to no DNS.
    const api = await startApiServer({ args: ['--kubelet-preferred-address-types=InternalIP'] });
    undo.push(() => api.stop());
    const apiAddress = new URL(api.url).host;
    const forwards = new Map<number, Forward>();
    const open = async (port: number) => {
      if (!forwards.has(port)) forwards.set(port, await forward(addresses.outside, port, apiAddress));
    };
    undo.push(() => Promise.all(Array.from(forwards.values(), (each) => each.close())));
    await open(nodeApiPort);

    const start = async (name: string, command: string, args: readonly string[], ready: Readiness, inside = true) => {
      const [outer, ...inner] = inside ? [...network.enter, command, ...args] : [command, ...args];
      const peer = await PeerProcess.start({ name, command: outer, args: inner, directory, ready });
      undo.push(() => peer.stop());
    };
    const exists = (...args: readonly string[]) =>
      api.kubectl(['get', ...args]).then(
        () => true,
        () => false,
      );
    const outside = [`--kubeconfig=${api.kubeconfigFile}`, '--bind-address=127.0.0.1', '--leader-elect=false'];
    const account = [
      `--root-ca-file=${api.certificateAuthorityFile}`,
      `--service-account-private-key-file=${api.serviceAccountKeyFile}`,
    ];
    const managerArgs = [...outside, '--secure-port=0', ...account];
    await start(
      'kube-controller-manager',
      programs.manager,
      managerArgs,
      () => exists('sa', 'default', '--namespace=default'),
      false,
    );
    await start(
      'kube-scheduler',
      programs.scheduler,
      [...outside, '--secure-port=0'],
      logged('Starting Kubernetes Scheduler'),
      false,
    );

    const file = (name: string) => join(directory, name);
    const kubeconfig = await writeConfiguration(directory, api);
    const socket = file('containerd.sock');
    const ctr = (...args: readonly string[]) => system('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args]);
    const answers = () =>
      ctr('version').then(
        () => true,
        () => false,
      );
    undo.push(() => unmountBelow(directory));
    await start('containerd', 'containerd', ['--config', file('containerd.toml')], answers);
    undo.push(() => endShims(directory));
    const importImage = async (archive: string) => {
      await ctr('images', 'import', archive);
    };
    await importImage(await buildSandbox(directory));

    const self = [`--kubeconfig=${kubeconfig}`, `--hostname-override=${nodeName}`];
    const kubelet = [
      ...self,
      '--config',
      file('kubelet.yaml'),
      '--root-dir',
      file('kubelet'),
      '--cert-dir',
      file('kubelet-pki'),
      `--node-ip=${addresses.node}`,
    ];
    await start('kubelet', programs.kubelet, kubelet, () => exists('node', nodeName));
    const ports = [`--healthz-bind-address=${addresses.node}:10256`, `--metrics-bind-address=${addresses.node}:10249`];
    const proxy = [
      ...self,
      '--proxy-mode=iptables',
      '--conntrack-max-per-core=0',
      `--cluster-cidr=${addresses.pods}`,
      ...ports,
    ];
    await start('kube-proxy', programs.proxy, proxy, logged('Caches are synced'));
    await start('coredns', programs.dns, ['-conf', file('Corefile')], logged('CoreDNS-'));
    await api.kubectl(['wait', 'node', nodeName, '--for=condition=Ready', '--timeout=60s']);
    undo.push(() => endPods(api));

    return {
      kubectl: (args, input) => api.kubectl(args, input),
      kubeconfigFile: api.kubeconfigFile,
      network,
      nodeName,
      importImage,
      images: () => ctr('images', 'list'),
      containers: async () => (await ctr('containers', 'list', '--quiet')).split('\n').filter((id) => id !== ''),
      serveApiAt: async (port) => {
        await open(port);
        await api.kubectl(['apply', '-f', '-'], JSON.stringify(apiEndpoints(port)));
      },
      execute: (containerId, command) =>
        ctr('tasks', 'exec', '--exec-id', `accept-${Date.now()}`, containerId, ...command),
      kill: async (containerId) => {
        await ctr('tasks', 'kill', '--signal', 'SIGKILL', containerId);
      },
      logs: (namespace, pod) => logsOf(file('pod-logs'), namespace, pod),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeConfiguration(directory: string, api: ApiServerPeer): Promise<string> {
  for (const name of ['cni', 'pod-logs']) await mkdir(join(directory, name));
  const kubeconfig = parse(await readFile(api.kubeconfigFile, 'utf8')) as {
    clusters: [{ cluster: Record<string, string> }];
  };
  const [{ cluster }] = kubeconfig.clusters;
  cluster.server = `https://${addresses.outside}:${nodeApiPort}`;
  // Its certificate is of loopback.
  cluster['tls-server-name'] = 'localhost';
  const files = {
    'node.kubeconfig': stringify(kubeconfig),
    'containerd.toml': containerdConfig(directory),
    'kubelet.yaml': stringify(kubeletConfig(directory, api.certificateAuthorityFile)),
    'cni/10-bridge.conflist': JSON.stringify(networkConfig(directory)),
    'resolv.conf': '',
    Corefile: coreFile(join(directory, 'node.kubeconfig')),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
  return join(directory, 'node.kubeconfig');
}

/** The Service `kubernetes` leads here; a control plane without a reconciler leaves that to us. */
function apiEndpoints(port: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [addresses.outside], conditions: { ready: true } }],
  };
}

/** The image of what holds a pod's namespaces, from the one program it needs. */
async function buildSandbox(directory: string): Promise<string> {
  const rootfs = join(directory, 'sandbox');
  await mkdir(rootfs);
  await runProgram('cp', [program('pause'), rootfs]);
  const scratch = join(directory, 'scratch');
  await mkdir(scratch);
  const archive = join(directory, 'sandbox.tar');
  const config = { User: '65535:65535', Env: [], Entrypoint: ['/pause'] };
  const image = { platform: hostPlatform(), layers: [{ rootfs, createdBy: 'pause' }], config, labels: {} };
  await writeArchive(archive, sandboxImage, [image], scratch);
  return archive;
}

async function logsOf(folder: string, namespace: string, pod: string): Promise<string> {
  const folders = (await readdir(folder)).filter((name) => name.startsWith(`${namespace}_${pod}`));
  const texts = folders.map(async (name) => {
    const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Promise.all(files.sort().map((file) => readFile(file, 'utf8')));
  });
  return (await Promise.all(texts)).flat().join('');
}

async function endPods(api: ApiServerPeer): Promise<void> {
  const kinds = 'deployments,statefulsets,jobs,cronjobs,pods';
  await api
    .kubectl(['delete', kinds, '--all', '--all-namespaces', '--grace-period=1', '--timeout=90s'])
    .catch((error: unknown) => console.error(`pods that do not end: ${String(error)}`));
}

/** Shims outlive containerd; each names this node's socket, so that no other is meant. */
async function endShims(directory: string): Promise<void> {
  const ours = async () => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const line = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
        return line.includes('containerd-shim') && line.includes(directory) ? Number(pid) : undefined;
      }),
    );
    return found.filter((pid) => pid !== undefined);
  };
  for (let patience = 50; patience > 0; patience -= 1) {
    const left = await ours();
    if (left.length === 0) return;
    for (const pid of left) process.kill(pid, patience > 40 ? 'SIGTERM' : 'SIGKILL');
    await sleep(200);
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  const below = mounts
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of below.sort().toReversed()) await system('umount', ['-l', path]);
}
