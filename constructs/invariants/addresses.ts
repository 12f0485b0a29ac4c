import type { V1Service } from '@kubernetes/client-node';

import { toldTo } from './asked';
import type { Cluster, Typed, Workload } from './cluster';
import type { ConfigurationText } from './configuration';
import { invariant } from './invariant';
import { backendsOf, containerPorts, isHeadless, podPort, type PodPort } from './ports';

/** The name of a Service that a workload was told. */
export interface Address {
  readonly from: Workload;
  readonly at: ConfigurationText;
  /** As written. */
  readonly text: string;
  readonly namespace: string;
  readonly service: string;
  /** Absent when neither the text nor a field beside it says a port. */
  readonly ports: readonly number[];
  /** Of the Service's port, where DNS is asked which there are: `_http._tcp.service.namespace.svc`. */
  readonly portName?: string;
}

/** What an address leads to: pods and their port, or why it leads nowhere. */
export type Resolution =
  | { readonly targets: readonly { readonly workload: Workload; readonly ports: readonly PodPort[] }[] }
  | { readonly problem: string };

const name = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
/** `service.namespace.svc`, with a pod before it and the cluster's domain behind it where they are written. */
const qualified = new RegExp(`((?:${name}\\.)+)svc(?![-\\w])(?:\\.${name})*\\.?(?::(\\d{1,5}))?`, 'g');
/** `service.namespace:port` and `service:port`; only names that are rendered count. */
const short = new RegExp(`(?<![-\\w.])(${name})(?:\\.(${name}))?:(\\d{1,5})(?![-\\w.])`, 'g');

/** Every address of a Service in the configuration of `workload`. */
export function addressesOf(workload: Workload, cluster: Cluster): readonly Address[] {
  const leadsHere = (text: string, from: ConfigurationText) =>
    qualifiedAddresses(workload, { ...from, text }).some((address) => {
      const resolution = resolve(address, cluster);
      return 'targets' in resolution && resolution.targets.some((target) => target.workload === workload);
    });
  return toldTo(workload, cluster, leadsHere).flatMap((at) => [
    ...qualifiedAddresses(workload, at),
    ...shortAddresses(workload, at, cluster),
  ]);
}

function qualifiedAddresses(from: Workload, at: ConfigurationText): readonly Address[] {
  return Array.from(at.text.matchAll(qualified)).flatMap((match) => {
    const [text, labels = '', port] = match;
    const [namespace, service] = labels.split('.').filter(Boolean).reverse();
    if (namespace === undefined || service === undefined) return [];
    const portName = /_([-a-z0-9]+)\._$/.exec(at.text.slice(0, match.index))?.[1];
    if (portName !== undefined && /^(tcp|udp)\./.test(labels))
      return [{ from, at, text: `_${portName}._${text}`, namespace, service, ports: [], portName }];
    const scheme = /(https?):\/\/[^/\s]*$/.exec(at.text.slice(0, match.index))?.[1];
    const implied = scheme === 'https' ? [443] : scheme === 'http' ? [80] : at.ports;
    return [{ from, at, text, namespace, service, ports: port === undefined ? implied : [Number(port)] }];
  });
}

function shortAddresses(from: Workload, at: ConfigurationText, cluster: Cluster): readonly Address[] {
  return Array.from(at.text.matchAll(short)).flatMap(([text, service = '', namespace, port]) => {
    const space = namespace ?? from.namespace;
    const known = namespace === undefined ? findService(cluster, space, service) : cluster.namespaces.get(namespace);
    return known === undefined ? [] : [{ from, at, text, namespace: space, service, ports: [Number(port)] }];
  });
}

/** Pods and ports behind an address. */
export function resolve({ namespace, service, ports: numbers, portName }: Address, cluster: Cluster): Resolution {
  // That of the API server: every cluster has it, and no manifest.
  if (namespace === 'default' && service === 'kubernetes') return { targets: [] };
  const found = findService(cluster, namespace, service);
  if (found === undefined) return { problem: `there is no Service ${namespace}/${service}` };
  const named = (found.value.spec?.ports ?? []).filter((each) => each.name === portName).map(({ port }) => port);
  if (portName !== undefined && named.length === 0)
    return { problem: `Service ${namespace}/${service} has no port named ${portName}` };
  const ports = portName === undefined ? numbers : named;
  const wrong = ports.find((port) => !hasPort(found, port, cluster));
  if (wrong !== undefined) return { problem: `Service ${namespace}/${service} has no port ${wrong}` };
  return {
    targets: backendsOf(found, cluster).map((workload) => ({
      workload,
      ports: Array.from(
        new Set(ports.length > 0 ? ports : (found.value.spec?.ports ?? []).map(({ port }) => port)),
      ).flatMap((port) => targetPorts(found, port, workload)),
    })),
  };
}

export const addressesResolve = invariant(
  'addresses-resolve',
  'Every in-cluster name in arguments, environment and mounted configuration is a rendered Service, and the port beside it one of its ports.',
  'A client that was told a wrong name retries for ever and says so only in its log.',
  (cluster) => {
    const reported = new Set<string>();
    return cluster.workloads
      .flatMap((workload) => addressesOf(workload, cluster))
      .flatMap((address) => {
        const { object, path } = address.at;
        const resolution = resolve(address, cluster);
        const key = `${object.kind} ${object.metadata.namespace ?? ''} ${object.metadata.name} ${path} ${address.text}`;
        if (!('problem' in resolution) || reported.has(key)) return [];
        reported.add(key);
        return [{ object, path, message: `${address.text}: ${resolution.problem}` }];
      });
  },
);

function findService(cluster: Cluster, namespace: string, service: string): Typed<V1Service> | undefined {
  return cluster.services.find((each) => each.namespace === namespace && each.object.metadata.name === service);
}

/** Names of a headless Service resolve to pods, whose every port can be reached; others translate the ports they list. */
function hasPort(service: Typed<V1Service>, port: number, cluster: Cluster): boolean {
  if ((service.value.spec?.ports ?? []).some((each) => each.port === port)) return true;
  return (
    isHeadless(service) &&
    backendsOf(service, cluster).some((workload) =>
      containerPorts(workload).some(({ containerPort }) => containerPort === port),
    )
  );
}

/** Of both protocols where a number is a port of each: an address does not say which is meant. */
function targetPorts(service: Typed<V1Service>, port: number, workload: Workload): readonly PodPort[] {
  const listed = (service.value.spec?.ports ?? []).filter((each) => each.port === port);
  if (listed.length === 0) return defined(podPort(workload, port));
  return listed.flatMap(({ targetPort, protocol }) =>
    defined(podPort(workload, isHeadless(service) ? port : (targetPort ?? port), protocol)),
  );
}

function defined<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
