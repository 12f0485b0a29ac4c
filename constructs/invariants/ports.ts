import type { V1ContainerPort, V1Probe, V1Service } from '@kubernetes/client-node';

import type { Cluster, Typed, Workload } from './cluster';
import { invariant } from './invariant';
import type { Finding } from './model';
import { unresolvedBackends } from './routes';

/** A port of a pod. */
export interface PodPort {
  readonly port: number;
  readonly protocol: string;
}

/** Ports that the containers of a workload declare. */
export function containerPorts({ containers }: Workload): readonly V1ContainerPort[] {
  return containers.flatMap(({ container }) => container.ports ?? []);
}

/** The pod port that a number or name means; `undefined` when no container declares it. */
export function podPort(workload: Workload, port: number | string, protocol = 'TCP'): PodPort | undefined {
  const found = containerPorts(workload).find(
    (each) => (each.containerPort === port || each.name === port) && (each.protocol ?? 'TCP') === protocol,
  );
  return found === undefined ? undefined : { port: found.containerPort, protocol };
}

/** Workloads behind a Service. */
export function backendsOf({ value, namespace }: Typed<V1Service>, cluster: Cluster): readonly Workload[] {
  const matchLabels = value.spec?.selector;
  return matchLabels === undefined ? [] : cluster.selected(namespace, { matchLabels });
}

/** `true` when the Service's name resolves to its pods, so that its ports are not translated. */
export function isHeadless({ value }: Typed<V1Service>): boolean {
  return value.spec?.clusterIP === 'None';
}

export const portsResolve = invariant(
  'ports-resolve',
  'Every target port, probe port and ingress backend is a port that a container or Service declares; ports are unique by number and protocol; a headless Service translates none; node ports are given, in range and taken once for each protocol.',
  'Traffic would be refused, or a probe kill a healthy pod.',
  (cluster) => [
    ...cluster.services.flatMap((service) => serviceFindings(service, cluster)),
    ...cluster.workloads.flatMap(probeFindings),
    ...cluster.workloads.flatMap(duplicatePorts),
    ...unresolvedBackends(cluster),
    ...nodePortFindings(cluster),
  ],
);

function serviceFindings(service: Typed<V1Service>, cluster: Cluster): readonly Finding[] {
  const { object, value } = service;
  const ports = value.spec?.ports ?? [];
  return ports.flatMap(({ name, port, targetPort, protocol }, index): Finding[] => {
    const path = `spec.ports[${index}]`;
    const found: Finding[] = [];
    const target = targetPort ?? port;
    for (const workload of backendsOf(service, cluster)) {
      const resolved = podPort(workload, target, protocol);
      if (resolved === undefined) {
        const message = `${workload.object.kind} ${workload.object.metadata.name} has no port ${target}`;
        found.push({ object, path: `${path}.targetPort`, message });
      } else if (isHeadless(service) && resolved.port !== port) {
        found.push({ object, path: `${path}.port`, message: `is ${port}, but pods listen on ${resolved.port}` });
      }
    }
    if (name === undefined && ports.length > 1) found.push({ object, path: `${path}.name`, message: 'is missing' });
    const sameNumber = ports.findIndex(
      (each) => each.port === port && (each.protocol ?? 'TCP') === (protocol ?? 'TCP'),
    );
    if (sameNumber < index) found.push({ object, path: `${path}.port`, message: `${port} occurs twice` });
    if (ports.findIndex((each) => each.name === name) < index) {
      found.push({ object, path: `${path}.name`, message: `${name ?? ''} occurs twice` });
    }
    return found;
  });
}

function probeFindings(workload: Workload): readonly Finding[] {
  return workload.containers.flatMap(({ container, path }) =>
    (['readinessProbe', 'livenessProbe', 'startupProbe'] as const).flatMap((probe) => {
      const target = probePort(container[probe]);
      if (target === undefined) return [];
      const declared = (container.ports ?? []).some(
        ({ containerPort, name, protocol = 'TCP' }) =>
          protocol === 'TCP' && (target === containerPort || target === name),
      );
      return declared
        ? []
        : [
            {
              object: workload.object,
              path: `${path}.${probe}`,
              message: `asks port ${target}, which is not declared for TCP`,
            },
          ];
    }),
  );
}

/** The port that a probe asks; `undefined` when it runs a command. */
export function probePort(probe: V1Probe | undefined): number | string | undefined {
  return probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
}

function duplicatePorts(workload: Workload): readonly Finding[] {
  const taken = new Set<string>();
  return workload.containers.flatMap(({ container, path }) =>
    (container.ports ?? []).flatMap(({ name, containerPort, protocol }, index) =>
      [`${containerPort}/${protocol ?? 'TCP'}`, ...(name === undefined ? [] : [name])].flatMap((key) => {
        if (taken.has(key)) {
          return [{ object: workload.object, path: `${path}.ports[${index}]`, message: `${key} is declared twice` }];
        }
        taken.add(key);
        return [];
      }),
    ),
  );
}

function nodePortFindings(cluster: Cluster): readonly Finding[] {
  const taken = new Set<string>();
  return cluster.services.flatMap(({ object, value }) =>
    (value.spec?.ports ?? []).flatMap(({ nodePort, protocol = 'TCP' }, index): Finding[] => {
      const path = `spec.ports[${index}].nodePort`;
      if (nodePort === undefined) {
        return value.spec?.type === 'NodePort' ? [{ object, path, message: 'is missing: chance would choose it' }] : [];
      }
      if (nodePort < 30000 || nodePort > 32767) return [{ object, path, message: `${nodePort} is not in 30000-32767` }];
      const key = `${nodePort}/${protocol}`;
      if (taken.has(key)) return [{ object, path, message: `${key} is taken by another Service` }];
      taken.add(key);
      return [];
    }),
  );
}
