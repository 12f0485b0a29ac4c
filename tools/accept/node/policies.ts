/*
 * NetworkPolicies as rules of iptables, for one node whose pods share a bridge: this project's own reading of the API, as an
 * enforcer of somebody else's cannot be had without images.
 */

import { matchesLabels, type LabelSelector } from '../../../constructs/invariants/cluster';
import { rangesWithout } from './ranges';

type Labels = Readonly<Record<string, string>>;

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
}

/** What is read of a NetworkPolicy. */
export interface PolicyObject extends Named {
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** What is read of a Pod. */
export interface PodObject extends Named {
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly containers: readonly {
      readonly ports?: readonly {
        readonly name?: string;
        readonly containerPort: number;
        readonly protocol?: string;
      }[];
    }[];
  };
  readonly status: { readonly podIP?: string };
}

/** What a cluster has, as far as it decides who may connect. */
export interface PolicyState {
  readonly namespaces: readonly Named[];
  readonly pods: readonly PodObject[];
  readonly policies: readonly PolicyObject[];
}

export const chain = 'PLUMBLINE';

/**
 * Input of `iptables-restore --noflush`: what the policies of a cluster allow its pods, as {@link chain}. A pod that is not
 * known yet may do nothing, so that none gets through before its policies hold.
 *
 * @param podRange CIDR of all pods
 */
export function policyRules({ namespaces, pods, policies }: PolicyState, podRange: string): string {
  const labelsOf = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  const present = pods.filter(({ spec, status }) => spec.hostNetwork !== true && status.podIP !== undefined);

  const peersOf = (namespace: string | undefined, peer: Peer): readonly PodObject[] =>
    present.filter(({ metadata }) => {
      const inNamespace =
        peer.namespaceSelector === undefined
          ? metadata.namespace === namespace
          : matchesLabels(peer.namespaceSelector, labelsOf.get(metadata.namespace ?? '') ?? {});
      return inNamespace && matchesLabels(peer.podSelector ?? {}, metadata.labels ?? {});
    });

  const chains = [chain, ...Object.values(directions).map(({ suffix }) => `${chain}-${suffix}`)];
  const rules = [`-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`];
  for (const { suffix } of Object.values(directions)) rules.push(`-A ${chain} -j ${chain}-${suffix}`);
  for (const [type, { suffix, self, other, rulesOf, peers }] of Object.entries(directions)) {
    for (const pod of present) {
      const address = `${pod.status.podIP ?? ''}/32`;
      const own = policies.filter(
        (policy) =>
          policy.metadata.namespace === pod.metadata.namespace &&
          matchesLabels(policy.spec.podSelector ?? {}, pod.metadata.labels ?? {}) &&
          typesOf(policy).includes(type),
      );
      if (own.length === 0) {
        rules.push(`-A ${chain}-${suffix} ${self} ${address} -j RETURN`);
        continue;
      }
      const podChain = `${chain}-${suffix}-${(pod.status.podIP ?? '').replaceAll('.', '-')}`;
      chains.push(podChain);
      rules.push(`-A ${chain}-${suffix} ${self} ${address} -g ${podChain}`);
      for (const policy of own) {
        for (const rule of rulesOf(policy)) {
          const given = peers(rule) ?? [];
          const allowed = given.length === 0 ? [{ ipBlock: { cidr: '0.0.0.0/0' } }] : given;
          for (const peer of allowed) {
            if (peer.ipBlock !== undefined) {
              const { cidr, except = [] } = peer.ipBlock;
              if (cidr.includes(':')) continue;
              for (const match of portsOf(rule, suffix === 'IN' ? pod : undefined)) {
                for (const range of rangesWithout(cidr, except)) {
                  rules.push(`-A ${podChain} ${other} ${range}${match} -j RETURN`);
                }
              }
              continue;
            }
            for (const found of peersOf(policy.metadata.namespace, peer)) {
              const destination = suffix === 'IN' ? pod : found;
              for (const match of portsOf(rule, destination)) {
                rules.push(`-A ${podChain} ${other} ${found.status.podIP ?? ''}/32${match} -j RETURN`);
              }
            }
          }
        }
      }
      rules.push(`-A ${podChain} -j DROP`);
    }
    rules.push(`-A ${chain}-${suffix} ${self} ${podRange} -j DROP`);
  }
  return ['*filter', ...chains.map((name) => `:${name} - [0:0]`), ...rules, 'COMMIT', ''].join('\n');
}

const directions = {
  Egress: {
    suffix: 'EG',
    self: '-s',
    other: '-d',
    rulesOf: ({ spec }: PolicyObject) => spec.egress ?? [],
    peers: ({ to }: Rule) => to,
  },
  Ingress: {
    suffix: 'IN',
    self: '-d',
    other: '-s',
    rulesOf: ({ spec }: PolicyObject) => spec.ingress ?? [],
    peers: ({ from }: Rule) => from,
  },
} as const;

function typesOf({ spec }: PolicyObject): readonly string[] {
  return spec.policyTypes ?? ['Ingress', ...(spec.egress === undefined ? [] : ['Egress'])];
}

/** Conditions on the port, one of which must hold, with a space in front; named ports are those of the destination. */
function portsOf({ ports }: Rule, destination: PodObject | undefined): readonly string[] {
  if (ports === undefined || ports.length === 0) return [''];
  return ports.flatMap(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    const match = ` -p ${protocol.toLowerCase()}`;
    if (port === undefined) return [match];
    const number = typeof port === 'number' ? port : namedPort(destination, port, protocol);
    if (number === undefined) return [];
    return [`${match} --dport ${number}${endPort === undefined ? '' : `:${endPort}`}`];
  });
}

function namedPort(pod: PodObject | undefined, name: string, protocol: string): number | undefined {
  const ports = pod?.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
  return ports.find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}
