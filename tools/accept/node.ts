import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildArchive } from '../image/archive';
import { isInstalled } from '../image/commands';
import { hostPlatform } from '../image/platforms';
import { workerImage } from '../image/reference';
import { startNodeCluster, type NodeCluster } from './node/cluster';
import { acceptCredentials } from './node/credentials';
import { enforcePolicies } from './node/enforcer';
import { apply, renderedObjects } from './node/objects';
import { acceptWorkers } from './node/workers';
import { NotAcceptedError, Report } from './report';

const programs = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  'iptables-restore': 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  nsenter: 'util-linux',
  sysctl: 'procps',
} as const;

/**
 * What `dist/thesis` renders, on a node that really runs it: the worker image without docker, restricted pods, network
 * policies, and the worker's end when its pod is deleted. Kafka and the object store are outside of the cluster.
 *
 * @throws {NotAcceptedError} naming what does not hold, or what the machine lacks
 */
export async function acceptNode(): Promise<void> {
  requireMachine();
  const report = new Report();
  const directory = await mkdtemp(join(tmpdir(), 'plumbline-accept-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true })];
  const end = async () => {
    for (const each of undo.splice(0).toReversed()) await each();
  };
  // Containers, mounts and the network of the node would outlive this process.
  const interrupted = () => void end().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const archive = join(directory, 'workers.tar');
    const { rendered } = workerImage();
    const built = await report.step(
      'the worker image is built without docker',
      () => buildArchive(archive, rendered, [hostPlatform()], {}),
      ({ digest }) => digest,
    );
    const cluster = await report.step('a node is ready, its control plane outside of it', startNodeCluster);
    undo.push(() => cluster.stop());
    await report.step(`containerd has it as ${rendered}`, () => importImage(cluster, archive, built.digest));
    const enforcer = await enforcePolicies(cluster.network, cluster.kubectl);
    undo.push(() => enforcer.stop());
    await report.step('restricted namespaces that deny everything', () =>
      apply(cluster.kubectl, renderedObjects('00-namespaces')),
    );
    await acceptCredentials(report, cluster);
    await acceptWorkers(report, cluster, rendered);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await end();
  }
}

function requireMachine(): void {
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  const packages = Array.from(new Set(missing.map(([, name]) => name)));
  const problems = [
    ...(process.platform === 'linux' && process.getuid?.() === 0 ? [] : ['it wants Linux and root']),
    ...missing.map(([program]) => `there is no ${program}`),
  ];
  if (problems.length === 0) return;
  const remedy =
    packages.length === 0 ? '' : ` (Debian: apt-get install containernetworking-plugins ${packages.join(' ')})`;
  throw new NotAcceptedError(`a node cannot be started here: ${problems.join(', ')}${remedy}`);
}

async function importImage(cluster: NodeCluster, archive: string, digest: string): Promise<void> {
  await cluster.importImage(archive);
  const listed = await cluster.images();
  if (!listed.includes(digest)) throw new NotAcceptedError(`containerd has another image than ${digest}:\n${listed}`);
}
