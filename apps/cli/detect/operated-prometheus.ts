import { z } from 'zod';
import type { ClusterReader } from './reader';

const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z.unknown().optional(),
});
const prometheusSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z
    .object({
      podMonitorSelector: selector.nullish(),
      podMonitorNamespaceSelector: selector.nullish(),
      ruleSelector: selector.nullish(),
      ruleNamespaceSelector: selector.nullish(),
    })
    .prefault({}),
});
const serviceSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    clusterIP: z.string().optional(),
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(z.object({ name: z.string().default(''), port: z.number() })).default([]),
  }),
});

/** A Prometheus that an operator runs. */
export interface OperatedPrometheus {
  readonly name: string;
  readonly namespace: string;
  /** The Service that answers queries. */
  readonly service: string;
  readonly port: number;
  /** Labels of its pods. */
  readonly pods: Readonly<Record<string, string>>;
  /** Labels by which it chooses monitors and rules. */
  readonly labels: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Of its own Services, which the operator makes: https://prometheus-operator.dev/docs/platform/troubleshooting/ */
const governing = 'prometheus-operated';
const nameLabel = 'operator.prometheus.io/name';
const usualPort = 9090;

/** The first Prometheus that an operator runs, `undefined` where there is none or it may not be seen. */
export async function readOperatedPrometheus(reader: ClusterReader): Promise<OperatedPrometheus | undefined> {
  if ((await reader.api.resourceOf('monitoring.coreos.com/v1', 'Prometheus')) === undefined) return undefined;
  const instead = 'a Prometheus that an operator runs is taken not to be there';
  const right = 'list prometheuses.monitoring.coreos.com';
  const found = await reader.list(
    { path: '/apis/monitoring.coreos.com/v1/prometheuses', right, instead },
    prometheusSchema,
  );
  const [first, ...others] = (found ?? []).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
  if (first === undefined) return undefined;
  const { name, namespace } = first.metadata;
  const { podMonitorSelector, ruleSelector, podMonitorNamespaceSelector, ruleNamespaceSelector } = first.spec;
  const warnings: string[] = [];
  if (others.length > 0) {
    warnings.push(
      `there are ${others.length + 1} Prometheus; taken is ${nameOf(first)}, not ${others.map(nameOf).join(', ')}`,
    );
  }
  for (const [field, value] of Object.entries({
    podMonitorSelector,
    ruleSelector,
    podMonitorNamespaceSelector,
    ruleNamespaceSelector,
  })) {
    // https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusSpec: empty matches all, null nothing or its own namespace.
    if (value === null || value === undefined) {
      const what = field.endsWith('NamespaceSelector') ? `looks in ${namespace} only` : 'chooses nothing';
      warnings.push(
        `Prometheus ${nameOf(first)} has no ${field}, so it ${what}: set it, or what is rendered is not seen`,
      );
    } else if (value.matchExpressions !== undefined) {
      warnings.push(`Prometheus ${nameOf(first)} chooses by expressions (${field}): compare its labels by hand`);
    }
  }
  const labels = { ...podMonitorSelector?.matchLabels, ...ruleSelector?.matchLabels };
  for (const [key, value] of Object.entries(podMonitorSelector?.matchLabels ?? {})) {
    if (labels[key] !== value)
      warnings.push(`Prometheus ${nameOf(first)} chooses monitors and rules by different values of ${key}`);
  }
  return {
    ...first.metadata,
    ...(await serviceOf(reader, namespace, name)),
    pods: { 'app.kubernetes.io/name': 'prometheus', [nameLabel]: name },
    labels,
    warnings,
  };
}

/** The Service that somebody made for it, else the one that the operator did. */
async function serviceOf(reader: ClusterReader, namespace: string, name: string) {
  const path = `/api/v1/namespaces/${namespace}/services`;
  const instead = `Prometheus is asked at ${governing}`;
  const services = await reader.list({ path, right: `list services -n ${namespace}`, instead }, serviceSchema);
  const own = (services ?? []).find(
    ({ spec }) => spec.clusterIP !== 'None' && (spec.selector[nameLabel] === name || spec.selector.prometheus === name),
  );
  const port = own?.spec.ports.find((each) => /web|^$/.test(each.name) && !/reload/.test(each.name))?.port;
  return own === undefined || port === undefined
    ? { service: governing, port: usualPort }
    : { service: own.metadata.name, port };
}

function nameOf({ metadata }: { readonly metadata: { readonly name: string; readonly namespace: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
