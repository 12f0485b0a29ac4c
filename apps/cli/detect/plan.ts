import { Code, Commented, literal, quoted, type Property } from './code';
import { peer, planCluster } from './cluster';
import type { ClusterFacts } from './facts';
import type { OperatedPrometheus } from './operated-prometheus';
import type { FoundStore, Others } from './others';

/** Environments that one of a cluster is made of. */
export const bases = ['minimal', 'addon'] as const;
export type Base = (typeof bases)[number];

/** A part that the cluster could have, and how it is asked for. */
export interface OptionalPart {
  readonly part: string;
  /** What was seen of it. */
  readonly seen: string;
  /** What is written for it, or where it is told how. */
  readonly how: string;
}

/** An environment of a cluster, before it is written down. */
export interface EnvironmentPlan {
  readonly base: Base;
  /** Why it is this one, as a sentence. */
  readonly why: string;
  readonly properties: readonly Property[];
  readonly cluster: readonly Property[];
  readonly parts: readonly OptionalPart[];
  readonly warnings: readonly string[];
}

/**
 * Newest minor version that tests run a control plane of; a newer one mostly works.
 */
export const newestTriedMinor = 36;

/**
 * An environment for a cluster: the whole platform, or the pipeline beside what is there already.
 *
 * @param wanted @default - the pipeline where a Prometheus operator runs a Prometheus, else the whole
 */
export function plan(facts: ClusterFacts, wanted?: Base): EnvironmentPlan {
  const { prometheus, others, version, maker } = facts;
  const { properties: cluster, warnings, knowsNodes } = planCluster(facts);
  const base = wanted ?? (prometheus === undefined ? 'minimal' : 'addon');
  const why =
    prometheus === undefined
      ? 'There is no Prometheus that an operator runs.'
      : `There is the Prometheus ${prometheus.namespace}/${prometheus.name}, which an operator runs.`;
  const properties: Property[] =
    base === 'minimal' ? minimalParts(facts, knowsNodes) : addonParts(prometheus, others, facts.domain);
  const all = [...warnings, ...(base === 'addon' ? (prometheus?.warnings ?? []) : [])];
  const minor = Number(/^v?1\.(\d+)/.exec(version ?? '')?.[1] ?? 0);
  if (minor > newestTriedMinor)
    all.push(`Kubernetes ${version ?? ''} is newer than what was tried, 1.${newestTriedMinor}`);
  if (base === 'minimal' && prometheus !== undefined) {
    all.push(
      `a second Prometheus beside ${prometheus.namespace}/${prometheus.name}, and its operator does not know ours`,
    );
  }
  if (base === 'addon' && prometheus === undefined) {
    all.push('no Prometheus that an operator runs was found: the one of environments/addon.ts is written');
  }
  if (base === 'addon' && others.grafana?.looksEverywhere === false) {
    const { namespace, name } = others.grafana;
    all.push(
      `Grafana ${namespace}/${name} takes dashboards of its own namespace only: its sidecar wants searchNamespace: ALL`,
    );
  }
  if (facts.kubeletsAreSigned === false && base === 'minimal' && knowsNodes) {
    all.push(
      'kubelets sign their certificates themselves, so Prometheus does not read them: serverTLSBootstrap: true in kube-system/ConfigMap/kubelet-config (docs/how-to/observe-nodes-and-pods.md)',
    );
  }
  if (maker === 'OpenShift') {
    all.push(
      'OpenShift chooses user ids of pods, ours have their own: oc adm policy add-scc-to-group nonroot-v2 system:serviceaccounts:<namespace>, for each namespace',
    );
  }
  return { base, why, properties, cluster, parts: partsOf(facts), warnings: all };
}

/** What the whole platform has more where the addresses of nodes are known. */
function minimalParts({ apiServer }: ClusterFacts, knowsNodes: boolean): Property[] {
  if (!knowsNodes) return [];
  const discovery = { kubelet: {}, apiServer: {}, annotatedPods: {} };
  return [
    {
      key: 'prometheus',
      value: new Code(`{ ...minimal.prometheus, discovery: ${literal(discovery)} }`),
      why: `Kubelets, and what containers take${apiServer === undefined ? '' : ', beside the API server and annotated pods'}.`,
    },
    { key: 'nodes', value: {}, why: 'Networks of nodes as well.' },
    { key: 'workloads', value: {} },
  ];
}

function addonParts(prometheus: OperatedPrometheus | undefined, others: Others, domain = 'cluster.local'): Property[] {
  const { grafana } = others;
  const parts: Property[] = [];
  if (prometheus !== undefined) {
    const { service, namespace, port, pods, labels } = prometheus;
    const host = quoted(`${service}.${namespace}.svc.${domain}`);
    const operator = new Commented([
      { key: 'from', value: [peer(namespace, pods)] },
      ...(Object.keys(labels).length === 0
        ? []
        : [{ key: 'labels', value: labels, why: 'By which it chooses monitors and rules.' }]),
    ]);
    const endpoint = new Code(`Endpoint.external(${host}, ${port}, { scheme: 'http' })`);
    const external = new Commented([
      { key: 'endpoint', value: endpoint },
      { key: 'operator', value: operator },
    ]);
    parts.push({ key: 'prometheus', value: new Commented([{ key: 'external', value: external }]) });
  }
  if (grafana === undefined) {
    parts.push({
      key: 'grafana',
      value: {},
      why: 'No Grafana that takes dashboards of ConfigMaps was found, so there is one of ours.',
    });
  } else {
    const { dashboardLabels, folderAnnotation } = grafana;
    const external = { dashboardLabels, ...(folderAnnotation !== undefined && { folderAnnotation }) };
    parts.push({ key: 'grafana', value: { external }, why: `${grafana.namespace}/${grafana.name}, by its sidecar.` });
  }
  return parts;
}

function partsOf({ prometheus, others }: ClusterFacts): readonly OptionalPart[] {
  const parts: OptionalPart[] = [];
  const add = (part: string, seen: string, how: string) => parts.push({ part, seen, how });
  if (prometheus !== undefined) {
    add('Prometheus operator', `runs ${prometheus.namespace}/${prometheus.name}`, 'docs/how-to/add-to-a-cluster.md');
  }
  if (others.keda !== undefined) {
    add('KEDA', `in ${others.keda.namespace}`, 'workers by their lag: docs/how-to/scale-by-lag.md');
  }
  const [gateway] = others.gateways;
  if (others.gatewayApi === 'fits') {
    const seen =
      gateway === undefined
        ? 'no Gateway yet'
        : others.gateways.map((each) => `${each.namespace}/${each.name}`).join(', ');
    add('Gateway API', seen, 'doors with host names: docs/how-to/open-a-door.md');
  } else if (others.gatewayApi === 'old') {
    add('Gateway API', 'older than 1.4', 'not used: GatewayRoute needs 1.4');
  }
  if (others.certManager)
    add('cert-manager', 'is there', 'certificates of servers: docs/how-to/encrypt-and-authenticate.md');
  if (others.externalSecrets)
    add('External Secrets', 'is there', 'passwords from a vault: docs/how-to/encrypt-and-authenticate.md');
  for (const store of others.stores)
    add(store.product === 'loki' ? 'Loki' : 'Tempo', `${store.namespace}/${store.name}`, storeHint(store));
  return parts;
}

function storeHint({ product, name, namespace, ports }: FoundStore): string {
  const host = `${name}.${namespace}.svc`;
  return product === 'loki'
    ? `instead of ours: logs: { external: { endpoint: Endpoint.external('${host}', ${ports[0] ?? 3100}, { scheme: 'http' }) } }`
    : `instead of ours: tempo: { external: { otlpGrpc: Endpoint.external('${host}', 4317), query: Endpoint.external('${host}', 3200, { scheme: 'http' }) } }`;
}
