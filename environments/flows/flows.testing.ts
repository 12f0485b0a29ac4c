import { Cluster, type Workload } from '../../constructs/invariants/cluster';
import { connectionsOf, isConnected } from '../../constructs/invariants/connections';
import type { KubeObject } from '../../constructs/invariants';
import { apiServerPorts, outsideAnnotation } from '../../constructs/invariants/outside';
import { policiesOf } from '../../constructs/invariants/policies';
import { backendsOf, containerPorts, podPort } from '../../constructs/invariants/ports';
import { isBound } from '../../constructs/invariants/service-accounts';
import { policyRules, type PodObject, type PolicyObject } from '../../tools/accept/node/policies';
import type { StubPod } from './pod-network.testing';

/** Addresses of pods; those of others are none of them. */
export const podRange = '10.244.0.0/16';

/** A pod of an environment, with the labels, the namespace and the ports that are rendered. */
export interface RenderedPod extends StubPod {
  readonly workload: Workload;
}

/** Who is no part of the platform. */
export const strangers = {
  /** Answers names, as in most clusters. */
  dns: {
    name: 'kube-system/kube-dns',
    address: '10.244.255.53',
    // Its metrics are nobody's business here.
    listens: [
      { port: 53, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
      { port: 9153, protocol: 'TCP' },
    ],
  },
  /** A pod of a team, in a namespace of its own. */
  pod: { name: 'somebody/stranger', address: '10.244.255.99', listens: [{ port: 8080, protocol: 'TCP' }] },
  /** A server in the internet. */
  outside: {
    name: 'outside',
    address: '203.0.113.9',
    listens: [25, 80, 443, 587, 5432, 6443, 8080, 9092].map((port) => ({ port, protocol: 'TCP' })),
  },
} as const satisfies Record<string, StubPod>;

/** Who may connect to whom: what configuration says, and what the kernel is told. */
export class Flows {
  readonly pods: readonly RenderedPod[];
  private readonly cluster: Cluster;

  constructor(private readonly objects: readonly KubeObject[]) {
    this.cluster = new Cluster(objects);
    let count = 0;
    this.pods = this.cluster.workloads.flatMap((workload) => {
      const { kind, metadata } = workload.object;
      const listens = containerPorts(workload).map(({ containerPort, protocol = 'TCP' }) => ({
        port: containerPort,
        protocol,
      }));
      // A second one shows whether pods of a workload may speak to each other.
      return Array.from({ length: Math.min(2, Math.max(1, workload.replicas)) }, (_, ordinal): RenderedPod => {
        count += 1;
        const name = `${workload.namespace}/${kind} ${metadata.name}-${ordinal}`;
        return { workload, name, listens, address: `10.244.${Math.floor(count / 250)}.${(count % 250) + 1}` };
      });
    });
  }

  /** Whether something tells the pods of `from` to connect to this port of `to`, or to one of several of which it is one. */
  isTold(from: RenderedPod, to: RenderedPod, { port, protocol }: StubPod['listens'][number]): boolean {
    return isConnected(this.cluster, from.workload, to.workload, { port, protocol });
  }

  /** Whether something tells the pods of `from` to connect to this port of `to`, and to no other in its place. */
  isToldExactly(from: RenderedPod, to: RenderedPod, told: StubPod['listens'][number]): boolean {
    return connectionsOf(this.cluster).some(
      (connection) =>
        connection.required &&
        connection.from === from.workload &&
        connection.to === to.workload &&
        connection.ports.length === 1 &&
        connection.ports.every(({ port, protocol }) => port === told.port && protocol === told.protocol),
    );
  }

  /** Whether a pod may be told by anybody who is no part of the platform, at this port: it has a door there, or says why. */
  isOpen(to: RenderedPod, { port, protocol }: StubPod['listens'][number]): boolean {
    const reason = `ingress ${port}${protocol === 'TCP' ? '' : `/${protocol}`}`;
    return this.reasonsOf(to).includes(reason) || this.doorsOf(to).includes(port);
  }

  /** Whether a pod says why it goes to others at this port; those with rights in the API go there without saying so. */
  goesOut(from: RenderedPod, port: number): boolean {
    if (isBound(from.workload, this.cluster) && apiServerPorts.includes(port)) return true;
    return this.reasonsOf(from).some((reason) => {
      const [, first = '', last = first] = /^egress (\d+)(?:-(\d+))?$/.exec(reason) ?? [];
      return reason === 'egress *' || (port >= Number(first || Infinity) && port <= Number(last));
    });
  }

  private reasonsOf({ workload }: RenderedPod): readonly string[] {
    const own = policiesOf(workload, this.cluster).map(
      ({ object }) => object.metadata.annotations?.[outsideAnnotation],
    );
    return own.flatMap((text = '') => text.split('\n').map((line) => line.split(':')[0] ?? ''));
  }

  private doorsOf({ workload }: RenderedPod): readonly number[] {
    const doors = this.cluster.services.filter(({ value: { spec } }) => spec?.type === 'NodePort');
    return doors
      .filter((service) => backendsOf(service, this.cluster).includes(workload))
      .flatMap(({ value: { spec } }) => spec?.ports ?? [])
      .flatMap(({ port, targetPort = port }) => podPort(workload, targetPort)?.port ?? []);
  }

  /** The policies as rules of iptables. */
  rules(without: (policy: KubeObject) => boolean = () => false): string {
    const namespaces = this.objects
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ metadata }) => metadata)
      .concat([{ name: 'kube-system' }, { name: 'somebody' }])
      .map(({ name, labels }) => ({ metadata: { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } } }));
    const policies = this.objects.filter((object) => object.kind === 'NetworkPolicy' && !without(object));
    const pods: readonly PodObject[] = [
      ...this.pods.map(({ workload, address, name }) => ({
        metadata: { name, namespace: workload.namespace, labels: workload.labels },
        spec: { containers: workload.pod.containers },
        status: { podIP: address },
      })),
      stranger(strangers.dns, { 'k8s-app': 'kube-dns' }),
      stranger(strangers.pod, { app: 'stranger' }),
    ];
    return policyRules({ namespaces, pods, policies: policies as unknown as readonly PolicyObject[] }, podRange);
  }
}

function stranger({ name, address, listens }: StubPod, labels: Readonly<Record<string, string>>): PodObject {
  const [namespace = '', pod = ''] = name.split('/');
  const ports = listens.map(({ port, protocol }) => ({ containerPort: port, protocol }));
  return { metadata: { name: pod, namespace, labels }, spec: { containers: [{ ports }] }, status: { podIP: address } };
}
