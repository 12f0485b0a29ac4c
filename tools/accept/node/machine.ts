import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildArchive } from '../../image/archive';
import { isInstalled } from '../../image/commands';
import { hostPlatform } from '../../image/platforms';
import { workerImage } from '../../image/reference';
import { NotAcceptedError, type Report } from '../report';
import { startNodeCluster, type NodeCluster } from './cluster';
import { undone } from './undo';

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

/** A node that has the worker image, and what is to be undone in the end, last first. */
export interface Machine {
  readonly cluster: NodeCluster;
  /** The worker image, as it is rendered. */
  readonly image: string;
  /** A folder that is removed in the end. */
  readonly directory: string;
  readonly undo: (() => Promise<unknown>)[];
}

/**
 * Builds the worker image, starts a node that has it, does the work, and removes everything, also when it is interrupted.
 *
 * @throws {NotAcceptedError} naming what the machine lacks, or what the work does not accept
 */
export async function onNode(report: Report, work: (machine: Machine) => Promise<void>): Promise<void> {
  requireMachine();
  const directory = await mkdtemp(join(tmpdir(), 'plumbline-accept-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true })];
  const end = () => undone(undo);
  // Containers, mounts and the network of the node would outlive this process.
  const interrupted = () => void end().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const archive = join(directory, 'workers.tar');
    const { rendered: image } = workerImage();
    const built = await report.step(
      'the worker image is built without docker',
      () => buildArchive(archive, image, [hostPlatform()], {}),
      ({ digest }) => digest,
    );
    const cluster = await report.step('a node is ready, its control plane outside of it', startNodeCluster);
    undo.push(() => cluster.stop());
    await report.step(`containerd has it as ${image}`, () => importImage(cluster, archive, built.digest));
    await work({ cluster, image, directory, undo });
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
