import type { Cluster, Workload } from './cluster';
import { connectionsOf, isConnected, type Connection } from './connections';
import { invariant } from './invariant';
import type { Finding } from './model';
import { describeObject } from './model';
import { apiServerPorts, dnsPorts, insidePeers, isOutside, isOutsideRule } from './outside';
import { allows, coversPort, opensPort, policiesOf, policyTypes, rulesOf, type Rule } from './policies';
import { containerPorts, type PodPort } from './ports';
import { isBound } from './service-accounts';

export const defaultDeny = invariant(
  'default-deny',
  'Every namespace has a policy for all of its pods that allows nothing in either direction; no other policy is for all pods.',
  'A pod without a policy of its own would talk to everybody.',
  (cluster) => {
    const forAll = cluster.policies.filter(({ value }) => Object.keys(value.spec?.podSelector ?? {}).length === 0);
    const missing = Array.from(cluster.namespaces.values())
      .filter(({ metadata }) => !forAll.some((policy) => policy.namespace === metadata.name && isDenyAll(policy)))
      .map((object) => ({ object, path: '', message: 'has no policy that denies both directions by default' }));
    const open = forAll
      .filter((policy) => !isDenyAll(policy))
      .map(({ object }) => ({ object, path: 'spec', message: 'is for all pods and is no default deny' }));
    return [...missing, ...open];
  },
);

function isDenyAll(policy: Cluster['policies'][number]): boolean {
  return policyTypes(policy.value).length === 2 && rulesOf(policy).length === 0;
}

export const onePolicyEach = invariant(
  'one-policy-each',
  'Every workload has exactly one NetworkPolicy of its own, for both directions.',
  'Rules add up over policies, so who may do what could not be read in one place.',
  (cluster) =>
    cluster.workloads.flatMap((workload): Finding[] => {
      const own = policiesOf(workload, cluster).filter(
        ({ value }) => Object.keys(value.spec?.podSelector ?? {}).length > 0,
      );
      const { object } = workload;
      if (own.length !== 1) return [{ object, path: '', message: `has ${own.length} NetworkPolicies of its own` }];
      return own
        .filter(({ value }) => policyTypes(value).length < 2)
        .map((policy) => ({ object: policy.object, path: 'spec.policyTypes', message: 'must be Ingress and Egress' }));
    }),
);

export const connectionsAllowed = invariant(
  'connections-allowed',
  'Whatever a workload is told to connect to, its own policy lets it out to and the other’s policy lets it in, on that port.',
  'Half of a permission is a timeout.',
  (cluster) => {
    const reported = new Set<string>();
    return connectionsOf(cluster)
      .filter(({ required }) => required)
      .flatMap((connection) => blockedEnds(connection, cluster))
      .filter(({ object, message }) => {
        const key = `${describeObject(object)} ${message}`;
        const first = !reported.has(key);
        reported.add(key);
        return first;
      });
  },
);

function blockedEnds({ from, to, ports, address }: Connection, cluster: Cluster): readonly Finding[] {
  const ends = ports.map((port) => ({
    port,
    out: allows('egress', from, to, port, cluster),
    into: allows('ingress', from, to, port, cluster),
  }));
  if (ends.length === 0 || ends.some(({ out, into }) => out && into)) return [];
  const names = ends
    .map(({ port: { port, protocol } }) => (protocol === 'TCP' ? `${port}` : `${port}/${protocol}`))
    .join(' or ');
  const told = `it is told ${address.text} at ${address.at.path}`;
  const out = ends.some((end) => end.out);
  // Let out at one port and in at another, nobody gets through.
  const into = !out && ends.some((end) => end.into);
  return [
    ...(out
      ? []
      : [{ object: from.object, path: '', message: `may not go out to ${describe(to)} port ${names}; ${told}` }]),
    ...(into
      ? []
      : [{ object: to.object, path: '', message: `does not let ${describe(from)} in to port ${names}; ${told}` }]),
  ];
}

/** A flow that a rule names pod by pod. */
interface NamedFlow {
  readonly rule: Rule;
  readonly path: string;
  readonly from: Workload;
  readonly to: Workload;
  readonly port: PodPort;
}

function namedFlows(rule: Rule, workload: Workload, cluster: Cluster): readonly NamedFlow[] {
  return (rule.peers ?? []).flatMap((peer, index) => {
    if (isOutside(peer, cluster)) return [];
    const path = `${rule.path}.${rule.direction === 'ingress' ? 'from' : 'to'}[${index}]`;
    return insidePeers(peer, rule.policy.namespace, cluster).flatMap((other) => {
      const [from, to] = rule.direction === 'ingress' ? [other, workload] : [workload, other];
      return containerPorts(to)
        .map(({ containerPort, protocol }) => ({ port: containerPort, protocol: protocol ?? 'TCP' }))
        .filter((port) => coversPort(rule, to, port))
        .map((port) => ({ rule, path, from, to, port }));
    });
  });
}

function allNamedFlows(cluster: Cluster): readonly NamedFlow[] {
  return cluster.workloads.flatMap((workload) =>
    policiesOf(workload, cluster)
      .flatMap(rulesOf)
      .flatMap((rule) => namedFlows(rule, workload, cluster)),
  );
}

export const flowsNeeded = invariant(
  'flows-needed',
  'Every pod and port that a policy names is one that some workload is told to connect to; no rule names pods or ports that do not exist.',
  'What nothing uses is there for an intruder.',
  (cluster) => [
    ...allNamedFlows(cluster)
      .filter(({ from, to, port }) => !isConnected(cluster, from, to, port))
      .map(({ rule, path, from, to, port }) => ({
        object: rule.policy.object,
        path,
        message: `nothing tells ${describe(from)} to connect to ${describe(to)} port ${port.port}`,
      })),
    ...cluster.workloads.flatMap((workload) =>
      policiesOf(workload, cluster)
        .flatMap(rulesOf)
        .flatMap((rule) => emptyPeers(rule, workload, cluster)),
    ),
  ],
);

function emptyPeers(rule: Rule, workload: Workload, cluster: Cluster): readonly Finding[] {
  const { object, namespace } = rule.policy;
  return (rule.peers ?? []).flatMap((peer, index): Finding[] => {
    if (isOutside(peer, cluster)) return [];
    const path = `${rule.path}.${rule.direction === 'ingress' ? 'from' : 'to'}[${index}]`;
    const others = insidePeers(peer, namespace, cluster);
    if (others.length === 0) return [{ object, path, message: 'means no workload' }];
    const receivers = rule.direction === 'ingress' ? [workload] : others;
    return (rule.ports ?? [])
      .filter((port) =>
        receivers.every((to) =>
          containerPorts(to).every(
            ({ containerPort, protocol }) =>
              !coversPort({ ...rule, ports: [port] }, to, { port: containerPort, protocol: protocol ?? 'TCP' }),
          ),
        ),
      )
      .map(({ port }) => ({ object, path, message: `port ${port ?? 'any'} is one that no container listens on` }));
  });
}

export const flowsMirrored = invariant(
  'flows-mirrored',
  'What one policy allows between two workloads, the other one’s policy allows too.',
  'One call in the constructs makes both ends; a difference means that something was written by hand.',
  (cluster) =>
    allNamedFlows(cluster).flatMap(({ rule, path, from, to, port }): Finding[] => {
      const other = rule.direction === 'ingress' ? 'egress' : 'ingress';
      if (allows(other, from, to, port, cluster)) return [];
      const end = describe(other === 'egress' ? from : to);
      const message = `${describe(from)} to ${describe(to)} port ${port.port} has no ${other} rule at ${end}`;
      return [{ object: rule.policy.object, path, message }];
    }),
);

export const lookupsAllowed = invariant(
  'lookups-allowed',
  'A workload that is told a name may ask DNS, over UDP and TCP; one whose account has a role may reach the API server.',
  'Every connection by name begins with a question that a default deny forbids.',
  (cluster) =>
    cluster.workloads.flatMap((workload): Finding[] => {
      const { object } = workload;
      const rules = policiesOf(workload, cluster)
        .flatMap(rulesOf)
        .filter((rule) => rule.direction === 'egress');
      const told = connectionsOf(cluster).some(({ from, to }) => from === workload && to !== workload);
      const lookups = rules.filter((rule) => isOutsideRule(rule, cluster));
      const canAsk = ['UDP', 'TCP'].every((protocol) =>
        lookups.some((rule) => dnsPorts.some((port) => opensPort(rule, port, protocol))),
      );
      const canCall = lookups.some((rule) => apiServerPorts.some((port) => opensPort(rule, port, 'TCP')));
      return [
        ...(told && !canAsk ? [{ object, path: '', message: 'may not ask DNS over UDP and TCP' }] : []),
        ...(isBound(workload, cluster) && !canCall
          ? [{ object, path: '', message: 'may not reach the API server, where its account has a role' }]
          : []),
      ];
    }),
);

function describe({ object }: Workload): string {
  return describeObject(object);
}
