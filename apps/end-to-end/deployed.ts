import { startSimulatedCluster, type SimulatedClusterPeer } from '@plumbline/tools/peers';
import { setTimeout as sleep } from 'node:timers/promises';

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** What a cluster has that is none of ours, and that a simulated one lacks: DNS, a network, the address of its API server. */
function surroundings(): readonly object[] {
  const workload = (kind: string, name: string, labels: Readonly<Record<string, string>>) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: `example.org/${name}:1` }] } },
    },
  });
  return [
    workload('Deployment', 'coredns', { 'k8s-app': 'kube-dns' }),
    workload('DaemonSet', 'calico-node', { 'k8s-app': 'calico-node' }),
    apiServerAt(6443),
  ];
}

/** Where the API server says that it is. */
export function apiServerAt(port: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['172.18.0.2'] }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}

/** A real control plane on a simulated node to which commands deploy. Pods of Jobs end, as they would on a real one. */
export class DeployedCluster {
  private isStopping = false;
  private ending: Promise<void> = Promise.resolve();

  private constructor(readonly peer: SimulatedClusterPeer) {}

  static async start(): Promise<DeployedCluster> {
    const cluster = new DeployedCluster(await startSimulatedCluster([{ cpus: 4, memoryGiB: 8 }]));
    await cluster.apply(surroundings());
    await cluster.peer.kubectl(['patch', 'storageclass', 'standard', '-p', '{"allowVolumeExpansion":true}']);
    cluster.ending = cluster.endJobs();
    return cluster;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.ending;
    await this.peer.stop();
  }

  async apply(items: readonly object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.peer.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list);
  }

  /** Runs kubectl, and gives what it prints. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await this.peer.kubectl(args)).stdout.trim();
  }

  /** Writes to the status of an object. */
  async setStatus(kind: string, namespace: string, name: string, status: object): Promise<void> {
    const patch = JSON.stringify({ status });
    await this.kubectl('patch', kind, name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch);
  }

  /** Name of the first pod with a label. */
  async podOf(namespace: string, name: string): Promise<string> {
    const label = `app.kubernetes.io/name=${name}`;
    return this.kubectl('get', 'pods', '-n', namespace, '-l', label, '-o', 'jsonpath={.items[0].metadata.name}');
  }

  private async endJobs(): Promise<void> {
    const running = ['-l', 'batch.kubernetes.io/job-name', '--field-selector=status.phase=Running'];
    while (!this.isStopping) {
      const list = await this.kubectl('get', 'pods', '-A', ...running, '-o', 'json').catch(() => '{"items":[]}');
      for (const { metadata } of (JSON.parse(list) as { readonly items: readonly Pod[] }).items) {
        await this.setStatus('pod', metadata.namespace, metadata.name, { phase: 'Succeeded' }).catch(() => undefined);
      }
      await sleep(500);
    }
  }
}
