import { CertificateAuthority, dataDirectory, startApiServer, type ApiServerPeer } from '@plumbline/tools/peers';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { renderedChart, type Secrets } from './rendered';
import { SimulatedNode } from './simulated-node';

interface PodTemplate {
  readonly metadata: { readonly labels: object };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly volumeMounts?: readonly { readonly name: string }[];
    }[];
    readonly volumes?: readonly { readonly name: string }[];
  };
}

/** An object of a rendered environment, as far as simulating it needs. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly template?: PodTemplate;
    readonly volumeClaimTemplates?: readonly {
      readonly metadata: { readonly name: string };
      readonly spec: object;
    }[];
  };
}

const nodeName = 'node-0';
const now = () => new Date().toISOString();

/**
 * A real API server to which an environment is applied; what controllers and a kubelet would do of it is written to it by hand:
 * one ready pod of each workload, claims that are bound, jobs that are complete. Ports of pods lead to ports on loopback.
 */
export class SimulatedCluster {
  private constructor(
    readonly api: ApiServerPeer,
    readonly node: SimulatedNode,
    private readonly manifests: readonly Manifest[],
  ) {}

  /** @param secrets values of Secrets, each made in every namespace of the environment */
  static async start(environment: string, secrets: Secrets): Promise<SimulatedCluster> {
    const directory = resolve(__dirname, '..', '..', 'dist', environment);
    const charts = readdirSync(directory).map((file) => file.replace('.k8s.yaml', ''));
    const manifests = charts.flatMap((chart) =>
      parseAllDocuments(renderedChart(environment, chart)).map((document) => document.toJS() as Manifest),
    );
    const authority = await CertificateAuthority.create(await dataDirectory('node'));
    const node = await SimulatedNode.listen(await authority.issue('node', '/CN=node-0', ['IP:127.0.0.1']));
    const api = await startApiServer();
    const cluster = new SimulatedCluster(api, node, manifests);
    await api.kubectl(['apply', '--server-side', '-f', directory]);
    await cluster.create(secretsOf(manifests, secrets));
    await cluster.simulate();
    return cluster;
  }

  async stop(): Promise<void> {
    await this.api.stop();
    await this.node.stop();
  }

  /** Writes to the status of an object. */
  async setStatus(kind: string, namespace: string | undefined, name: string, status: object): Promise<void> {
    const where = namespace === undefined ? [] : ['-n', namespace];
    const patch = JSON.stringify({ status });
    await this.api.kubectl(['patch', kind, name, ...where, '--subresource=status', '--type=merge', '-p', patch]);
  }

  /** Creates a job anew that was complete, so that it has not begun. */
  async forgetJob(prefix: string): Promise<string> {
    const job = this.manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith(prefix));
    if (job === undefined) throw new RangeError(`there is no job ${prefix}`);
    const { name, namespace = '' } = job.metadata;
    await this.api.kubectl(['delete', 'job', name, '-n', namespace, '--wait=false', '--cascade=orphan']);
    // Without its controller the finalizer of the delete stays.
    await this.api
      .kubectl(['patch', 'job', name, '-n', namespace, '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
      .catch(() => undefined);
    await this.create([job]);
    return name;
  }

  private async create(items: readonly object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.api.kubectl(['apply', '--server-side', '-f', '-'], list);
  }

  private async simulate(): Promise<void> {
    const workloads = this.manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
    const pods = workloads.map(podOf);
    const claims = workloads.flatMap(claimsOf);
    await this.create([{ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } }, ...claims, ...pods]);
    await this.setStatus('node', undefined, nodeName, {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: this.node.port } },
    });
    const all = [...claims, ...this.manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim')];
    const tasks = [
      ...all.map(
        ({ metadata }) =>
          () =>
            this.setStatus('pvc', metadata.namespace, metadata.name, { phase: 'Bound', capacity: { storage: '1Gi' } }),
      ),
      ...workloads.map(
        ({ kind, metadata }) =>
          () =>
            this.setAvailable(kind, metadata.namespace ?? '', metadata.name, 1),
      ),
      ...pods.map(
        ({ metadata, spec }) =>
          () =>
            this.setStatus('pod', metadata.namespace, metadata.name, readyPod(spec.containers)),
      ),
      ...this.manifests
        .filter(({ kind }) => kind === 'Job')
        .map(
          ({ metadata }) =>
            () =>
              this.setStatus('job', metadata.namespace, metadata.name, completeJob()),
        ),
    ];
    const runners = Array.from({ length: 4 }, async () => {
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) await task();
    });
    await Promise.all(runners);
  }

  /** How many replicas of a workload with one are available. */
  setAvailable(kind: string, namespace: string, name: string, available: 0 | 1): Promise<void> {
    return this.setStatus(kind, namespace, name, {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: available,
      availableReplicas: available,
    });
  }
}

function podOf({ metadata, spec }: Manifest) {
  const template = spec?.template;
  if (template === undefined) throw new TypeError(`${metadata.name} has no template`);
  const volumes = template.spec.volumes ?? [];
  const mounts = template.spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  const claimed = [...new Set(mounts)].filter((name) => !volumes.some((volume) => volume.name === name));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: `${metadata.name}-0`, namespace: metadata.namespace },
    spec: {
      ...template.spec,
      nodeName,
      volumes: [...volumes, ...claimed.map((name) => ({ name, emptyDir: {} }))],
    },
  };
}

function claimsOf({ metadata, spec }: Manifest) {
  return (spec?.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `${template.metadata.name}-${metadata.name}-0`, namespace: metadata.namespace },
    spec: template.spec,
  }));
}

function readyPod(containers: readonly { readonly name: string }[]): object {
  const startedAt = now();
  const running = { ready: true, restartCount: 0, image: 'simulated', imageID: 'simulated', started: true };
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
    containerStatuses: containers.map(({ name }) => ({ name, ...running, state: { running: { startedAt } } })),
  };
}

function completeJob(): object {
  const time = now();
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: time });
  return {
    startTime: time,
    completionTime: time,
    succeeded: 1,
    conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
  };
}

function secretsOf(manifests: readonly Manifest[], secrets: Secrets): readonly object[] {
  const namespaces = manifests.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  return namespaces.flatMap((namespace) =>
    Object.entries(secrets).map(([name, stringData]) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      stringData,
    })),
  );
}
