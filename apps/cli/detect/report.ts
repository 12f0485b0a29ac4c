import type { ClusterFacts } from './facts';
import { zonesOf } from './nodes';
import type { EnvironmentPlan } from './plan';

/** What was seen, a line each. */
export function formatFacts(facts: ClusterFacts): readonly string[] {
  const { version, maker, nodes, network, classes, dns, domain, apiServer } = facts;
  const untold = 'could not be told';
  const zones = zonesOf(nodes ?? []);
  const policies = network && (network.enforcesPolicies ? 'policies act' : 'policies do NOT act');
  const servers = dns?.pods.map(({ namespace, labels }) => `${namespace} ${pairs(labels)}`) ?? [];
  const rows: readonly (readonly [string, string])[] = [
    ['Kubernetes', [version ?? untold, maker].filter((each) => each !== undefined).join(', ')],
    ['Nodes', nodes === undefined ? untold : `${nodes.length}${zones.length === 0 ? '' : `, in ${zones.join(', ')}`}`],
    ['Network', network === undefined ? untold : `${network.title}; ${policies ?? ''}`],
    ['DNS', dns === undefined ? untold : [...servers, ...dns.caches].join('; ')],
    ['Domain', domain ?? untold],
    [
      'API server',
      apiServer === undefined ? untold : `${apiServer.addresses.join(', ')}, ports ${apiServer.ports.join(', ')}`,
    ],
    [
      'Storage',
      classes === undefined
        ? untold
        : classes
            .map(({ metadata }) => metadata.name)
            .sort()
            .join(', '),
    ],
  ];
  return rows.map(([name, text]) => `${name.padEnd(12)} ${text === '' ? 'none' : text}`);
}

/** What fits, and what is to be known. */
export function formatPlan({ why, base, parts }: EnvironmentPlan): readonly string[] {
  return [
    `${'Base'.padEnd(12)} ${base}: ${why}`,
    ...parts.map(({ part, seen, how }) => `${part.padEnd(12)} ${seen}; ${how}`),
  ];
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
