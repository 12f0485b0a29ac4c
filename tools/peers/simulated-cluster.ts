import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from './installed';
import { startApiServer, type ApiServerPeer } from './kubernetes';
import { freePorts } from './ports';
import { PeerProcess, type Readiness } from './process';
import { answers, logged } from './readiness';
import { managedAnnotation, nodeManifest, type SimulatedNode } from './simulated-node';
import { settlingKinds, unsettled } from './unsettled';

/** A {@link SimulatedClusterPeer.settle} that waited in vain. */
export class UnsettledError extends Error {
  readonly code = 'CLUSTER_UNSETTLED';

  /** @param problems what is not as it should be, a line each */
  constructor(readonly problems: readonly string[]) {
    super(`The cluster does not settle:\n${problems.join('\n')}`);
    this.name = 'UnsettledError';
  }
}

/**
 * A Kubernetes cluster with its controllers and its scheduler, whose nodes are simulated by KWOK: pods are scheduled as they
 * would be, and claims are bound, but nothing runs. Pods are ready as soon as they are scheduled and never end by themselves.
 */
export interface SimulatedClusterPeer extends ApiServerPeer {
  /**
   * Waits until all rollouts are complete, all pods ready and all claims bound.
   *
   * @throws {UnsettledError} if they are not in time
   */
  settle(timeoutMs?: number): Promise<void>;
}

/**
 * Starts it on loopback, with a default StorageClass that has sixty-four volumes of eight tebibytes, each of which is bound once.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if a part of it does not start
 */
export async function startSimulatedCluster(nodes: readonly SimulatedNode[]): Promise<SimulatedClusterPeer> {
  const programs = {
    manager: program('controllers', 'kube-controller-manager'),
    scheduler: program('controllers', 'kube-scheduler'),
    kwok: program('kwok'),
  };
  const api = await startApiServer();
  const { directory, kubeconfigFile } = api;
  const [managerPort = 0, schedulerPort = 0, kwokPort = 0] = await freePorts(3);
  const started: PeerProcess[] = [];
  const start = async (name: string, command: string, args: readonly string[], ready: Readiness) => {
    const common = [`--kubeconfig=${kubeconfigFile}`, ...args];
    started.push(await PeerProcess.start({ name, command, args: common, directory, ready }));
  };
  const serve = (port: number) => ['--bind-address=127.0.0.1', `--secure-port=${port}`, '--leader-elect=false'];

  await start(
    'kube-controller-manager',
    programs.manager,
    [
      ...serve(managerPort),
      `--root-ca-file=${api.certificateAuthorityFile}`,
      `--service-account-private-key-file=${api.serviceAccountKeyFile}`,
    ],
    () => exists(api, ['serviceaccount', 'default', '--namespace=default']),
  );
  await start('kube-scheduler', programs.scheduler, serve(schedulerPort), logged('Serving securely'));
  await start(
    'kwok',
    programs.kwok,
    [
      ...['--config', join(__dirname, 'kwok-stages.yaml'), '--manage-all-nodes=false'],
      `--manage-nodes-with-annotation-selector=${managedAnnotation}=fake`,
      ...[`--server-address=127.0.0.1:${kwokPort}`, '--node-ip=10.0.0.1', '--cidr=10.0.0.1/16'],
      '--node-lease-duration-seconds=40',
    ],
    answers(`http://127.0.0.1:${kwokPort}/healthz`, 200),
  );
  const objects = [storageClass, ...volumes, ...nodes.map((node, index) => nodeManifest(`node-${index}`, node))];
  await api.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await api.kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=60s']);

  const each = async (act: (process: PeerProcess) => Promise<void>) => {
    for (const process of started.toReversed()) await act(process);
  };
  return {
    ...api,
    settle: (timeoutMs = 60_000) => settle(api, timeoutMs),
    stop: async () => {
      await each((process) => process.stop());
      await api.stop();
    },
    kill: async () => {
      await each((process) => process.kill());
      await api.kill();
    },
    restart: async () => {
      await api.restart();
      for (const process of started) await process.restart();
    },
  };
}

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  // Made beforehand: the provisioner of Kubernetes itself would leave folders behind.
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
};

const volumes = Array.from({ length: 64 }, (_, index) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `volume-${index}` },
  spec: {
    storageClassName: storageClass.metadata.name,
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '8Ti' },
    hostPath: { path: '/nowhere' },
  },
}));

async function settle(api: ApiServerPeer, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const problems = unsettled((await api.kubectl(['get', settlingKinds, '--all-namespaces', '--output=json'])).stdout);
    if (problems.length === 0) return;
    if (performance.now() > deadline) throw new UnsettledError([...problems, ...(await warnings(api))]);
    await sleep(500);
  }
}

/** Why controllers could not do what they were to do. */
async function warnings(api: ApiServerPeer): Promise<readonly string[]> {
  const columns = 'custom-columns=REASON:.reason,KIND:.involvedObject.kind,NAME:.involvedObject.name,MESSAGE:.message';
  const args = ['get', 'events', '--all-namespaces', '--field-selector=type=Warning', '--no-headers', '-o', columns];
  const { stdout } = await api.kubectl(args);
  return Array.from(new Set(stdout.split('\n').filter((line) => line !== '')));
}

async function exists(api: ApiServerPeer, args: readonly string[]): Promise<boolean> {
  return api.kubectl(['get', ...args]).then(
    () => true,
    () => false,
  );
}
