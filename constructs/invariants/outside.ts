import type { V1NetworkPolicy, V1NetworkPolicyPeer, V1NetworkPolicyPort, V1Service } from '@kubernetes/client-node';

import { matchesLabels, type Cluster, type Typed, type Workload } from './cluster';
import { invariant } from './invariant';
import { describeObject, type Finding } from './model';
import { coversPort, matchesPeer, policiesOf, rulesOf, type Rule } from './policies';
import { backendsOf, podPort, probePort, type PodPort } from './ports';
import { routedBackends, type RoutedBackend } from './routes';
import { isBound } from './service-accounts';

/**
 * Annotation of a NetworkPolicy that says why something outside may reach its pods or be reached from them: a line each,
 * `egress 443: webhooks of the channels`, `ingress 514/UDP: log messages of switches`, with `*` for every port.
 */
export const outsideAnnotation = 'plumbline.dev/outside';

/** Ports at which clusters serve their API: the Service's and the server's own. */
export const apiServerPorts: readonly number[] = [443, 6443, 8443, 16443];
export const dnsPorts: readonly number[] = [53, 5353];

/** Whether a peer means more than pods that are rendered here: an address block, or namespaces of others. */
export function isOutside({ ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer, cluster: Cluster): boolean {
  if (ipBlock !== undefined) return true;
  if (namespaceSelector === undefined) return false;
  const matched = Array.from(cluster.namespaces.keys()).filter((name) =>
    matchesLabels(namespaceSelector, cluster.namespaceLabels(name) ?? {}),
  );
  if (matched.length === 0) return true;
  if (Object.keys(podSelector ?? {}).length > 0) return false;
  const named = namespaceSelector.matchLabels?.['kubernetes.io/metadata.name'] !== undefined;
  // A whole namespace is somebody else's, known here or not, if nothing of ours runs in it.
  return !named || !cluster.workloads.some(({ namespace }) => matched.includes(namespace));
}

/** Rules that let something outside in, or pods out; a rule without peers does. */
export function isOutsideRule({ peers }: Rule, cluster: Cluster): boolean {
  return peers === undefined || peers.some((peer) => isOutside(peer, cluster));
}

export const doorsOpen = invariant(
  'doors-open',
  'Every port that a NodePort, a LoadBalancer or an Ingress exposes is one that the policy of the pods behind it lets outsiders in to; and what the policy lets them in to, a Service offers.',
  'The door would be there, and nobody would get through it; or the way, and nobody would find it.',
  (cluster) => [
    ...cluster.workloads.flatMap((workload) =>
      policiesOf(workload, cluster)
        .flatMap(rulesOf)
        .filter((rule) => rule.direction === 'ingress' && isOutsideRule(rule, cluster))
        .flatMap((rule) => unoffered(rule, workload, cluster)),
    ),
    ...cluster.services
      .filter((service) => isDoor(service, cluster))
      .flatMap((service) =>
        backendsOf(service, cluster).flatMap((workload) =>
          (service.value.spec?.ports ?? []).flatMap(({ name, port, targetPort, protocol }, index): Finding[] => {
            if (!isDoorPort(service, { name, port }, cluster)) return [];
            const target = podPort(workload, targetPort ?? port, protocol);
            const open = policiesOf(workload, cluster)
              .flatMap(rulesOf)
              .some(
                (rule) =>
                  rule.direction === 'ingress' &&
                  isOutsideRule(rule, cluster) &&
                  target !== undefined &&
                  coversPort(rule, workload, target),
              );
            const message = `${describeObject(workload.object)} lets nobody from outside in to it`;
            return open ? [] : [{ object: service.object, path: `spec.ports[${index}]`, message }];
          }),
        ),
      ),
  ],
);

/** Ports that outsiders may reach and no Service leads to; probes from the node need none. */
function unoffered(rule: Rule, workload: Workload, cluster: Cluster): readonly Finding[] {
  return (rule.ports ?? []).flatMap(({ port, protocol }, index): Finding[] => {
    const target = port === undefined ? undefined : podPort(workload, port, protocol);
    const offered =
      target !== undefined &&
      (isProbed(rule, workload, target) ||
        cluster.services.some((service) => leadsTo(service, workload, target, cluster)));
    const path = `${rule.path}.ports[${index}]`;
    return offered || port === undefined
      ? []
      : [{ object: rule.policy.object, path, message: `lets others in to port ${port}, which no Service offers` }];
  });
}

export const outsideExplained = invariant(
  'outside-explained',
  'A rule for address blocks, other namespaces or everybody is for DNS, for the API server of a pod that has rights there, for a port exposed by NodePort, LoadBalancer or Ingress, for probes from the node, or is explained port by port in the annotation `plumbline.dev/outside`, which explains no other.',
  'A broad rule without a reason is one that nobody dares to remove.',
  (cluster) => [
    ...cluster.workloads.flatMap((workload) =>
      policiesOf(workload, cluster)
        .flatMap(rulesOf)
        .filter((rule) => isOutsideRule(rule, cluster))
        .flatMap((rule) => unexplained(rule, workload, cluster)),
    ),
    ...cluster.policies.flatMap((policy) => staleReasons(policy, cluster)),
  ],
);

/** Reasons for what no rule allows, left over or never put into effect. */
function staleReasons(policy: Typed<V1NetworkPolicy>, cluster: Cluster): readonly Finding[] {
  const { object } = policy;
  const rules = rulesOf(policy).filter((rule) => isOutsideRule(rule, cluster));
  const open = new Set(
    rules.flatMap(({ direction, ports }) => [
      `${direction} *`,
      ...(ports ?? []).map((port) => `${direction} ${inWords(port)}`),
    ]),
  );
  const path = `metadata.annotations.${outsideAnnotation}`;
  return Array.from(explanations(object.metadata.annotations?.[outsideAnnotation] ?? ''))
    .filter((reason) => !open.has(reason))
    .map((reason) => ({ object, path, message: `explains ${reason}, which no rule opens` }));
}

function unexplained(rule: Rule, workload: Workload, cluster: Cluster): readonly Finding[] {
  const { object } = rule.policy;
  const reasons = explanations(object.metadata.annotations?.[outsideAnnotation] ?? '');
  const verb = rule.direction === 'egress' ? 'opens the way out to' : 'lets others in to';
  if (reasons.has(`${rule.direction} *`)) return [];
  if (rule.ports === undefined) return [{ object, path: rule.path, message: `${verb} every port, unexplained` }];
  return rule.ports.flatMap((each, index) => {
    const { port, endPort, protocol = 'TCP' } = each;
    const path = `${rule.path}.ports[${index}]`;
    if (port === undefined) return [{ object, path, message: `${verb} every ${protocol} port, unexplained` }];
    if (endPort === undefined) {
      if (rule.direction === 'egress' && isPlatformPort(workload, Number(port), cluster)) return [];
      if (rule.direction === 'ingress' && isExposed(rule, workload, podPort(workload, port, protocol), cluster))
        return [];
    }
    const text = inWords(each);
    return reasons.has(`${rule.direction} ${text}`)
      ? []
      : [{ object, path, message: `${verb} port ${text}, unexplained` }];
  });
}

/** `443`, `8000-8100`, `514/UDP`. */
function inWords({ port, endPort, protocol = 'TCP' }: V1NetworkPolicyPort): string {
  return `${port}${endPort === undefined ? '' : `-${endPort}`}${protocol === 'TCP' ? '' : `/${protocol}`}`;
}

/** `egress 443` and the like, of the lines that give a reason. */
function explanations(annotation: string): ReadonlySet<string> {
  const lines = annotation.split('\n').map((line) => /^\s*((?:in|e)gress [\w*/-]+):\s*\S/.exec(line)?.[1]);
  return new Set(lines.filter((line) => line !== undefined));
}

function isPlatformPort(workload: Workload, port: number, cluster: Cluster): boolean {
  return dnsPorts.includes(port) || (apiServerPorts.includes(port) && isBound(workload, cluster));
}

/** Whether a port has a door from outside, or is probed from the node. */
function isExposed(rule: Rule, workload: Workload, port: PodPort | undefined, cluster: Cluster): boolean {
  if (port === undefined) return false;
  return (
    isProbed(rule, workload, port) ||
    cluster.services.some((service) => isDoor(service, cluster) && leadsTo(service, workload, port, cluster))
  );
}

/** Whether a rule for some addresses, not for all, opens a port that the node's kubelet asks. */
function isProbed(rule: Rule, workload: Workload, port: PodPort): boolean {
  const probed = workload.containers.some(({ container }) =>
    [container.readinessProbe, container.livenessProbe, container.startupProbe].some((probe) => {
      const target = probePort(probe);
      return port.protocol === 'TCP' && target !== undefined && podPort(workload, target)?.port === port.port;
    }),
  );
  return probed && rule.peers?.every(({ ipBlock }) => ipBlock?.cidr.endsWith('/0') === false) === true;
}

function isDoor(service: Typed<V1Service>, cluster: Cluster): boolean {
  return hasNodePorts(service) || routesTo(service, cluster).length > 0;
}

/** Routes lead to the ports that they name; a type of Service opens all of its ports. */
function isDoorPort(
  service: Typed<V1Service>,
  port: { readonly name: string | undefined; readonly port: number },
  cluster: Cluster,
): boolean {
  if (hasNodePorts(service)) return true;
  return routesTo(service, cluster).some(
    ({ port: routed }) => routed.number === port.port || (routed.name !== undefined && routed.name === port.name),
  );
}

function hasNodePorts({ value }: Typed<V1Service>): boolean {
  return value.spec?.type === 'NodePort' || value.spec?.type === 'LoadBalancer';
}

function routesTo({ object: { metadata } }: Typed<V1Service>, cluster: Cluster): readonly RoutedBackend[] {
  return routedBackends(cluster).filter(
    ({ object, service }) => object.metadata.namespace === metadata.namespace && service === metadata.name,
  );
}

function leadsTo(
  service: Typed<V1Service>,
  workload: Workload,
  { port, protocol }: PodPort,
  cluster: Cluster,
): boolean {
  return (
    backendsOf(service, cluster).includes(workload) &&
    (service.value.spec?.ports ?? []).some(
      (each) =>
        (each.protocol ?? 'TCP') === protocol &&
        podPort(workload, each.targetPort ?? each.port, protocol)?.port === port,
    )
  );
}

/** Workloads of this environment that a peer means. */
export function insidePeers(peer: V1NetworkPolicyPeer, namespace: string, cluster: Cluster): readonly Workload[] {
  return cluster.workloads.filter((workload) => matchesPeer(peer, namespace, workload, cluster));
}
