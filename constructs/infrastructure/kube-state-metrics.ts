import type { Construct } from 'constructs';
import type { k8s } from 'cdk8s-plus-28';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import type { Dashboard } from '../core/dashboard';
import type { Deployment } from '../core/deployment';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { validName } from '../core/naming';
import { Probe } from '../core/probe';
import type { ServerProps } from '../core/server-description';
import { webConfig } from '../metrics/prometheus-config';
import { kubeObjects, type KubeObjects } from './kube-objects';
import { workloadAlerts } from './workload-alerts';
import { workloadsDashboard } from './workloads-dashboard';

/** Options of a {@link KubeStateMetrics}. */
export interface KubeStateMetricsProps extends ComponentProps, ServerProps {
  /** What it tells of, by the plural names of Kubernetes. @default - nodes, pods, what makes them, their volumes, quotas and budgets */
  readonly objects?: readonly KubeObjects[];
  /** Namespaces whose objects it sees, which have to be there; what is in no namespace it sees all the same. @default - all */
  readonly allowedNamespaces?: readonly string[];
  /**
   * Labels of objects that become labels of `kube_<object>_labels`, by object: `{ pods: ['team'] }`. Whoever makes objects decides how many
   * values there are.
   *
   * @default - none
   */
  readonly objectLabels?: Partial<Record<KubeObjects, readonly string[]>>;
  /** Whether kubelets are read, too, so that its dashboard shows what containers take. @default true */
  readonly kubelet?: boolean;
}

/**
 * kube-state-metrics: what the Kubernetes API says of nodes, pods and workloads, as metrics. One pod, sized for a hundred nodes.
 *
 * It may list and watch, and nothing else. Secrets and ConfigMaps it cannot be asked for: who may list them may read what is in them, and
 * its metrics of them have but their names.
 */
export class KubeStateMetrics extends Component {
  readonly software = [images.kubeStateMetrics];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Metrics of objects, port 8080. */
  readonly metrics: ServiceEndpoint;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];

  /** @throws {InvalidPropError} if it is to tell of nothing, or of what it does not know */
  constructor(scope: Construct, id: string, props: KubeStateMetricsProps = {}) {
    super(scope, id, props);
    const { allowedNamespaces, objectLabels = {} } = props;
    const objects = checkedObjects(`${this.node.path}.objects`, props.objects ?? everyObject);
    for (const name of Object.keys(objectLabels))
      checkedObjects(`${this.node.path}.objectLabels`, [name as KubeObjects], objects);
    const web = webConfig(this.tls);
    const { workload, endpoints, pods, scrapeTargets } = this.deployment('server', props, {
      image: images.kubeStateMetrics,
      user: 65534,
      role: 'object-metrics',
      args: [
        `--port=${ports.kubeStateMetrics}`,
        `--telemetry-port=${ports.kubeStateTelemetry}`,
        `--resources=${objects.join(',')}`,
        ...(allowedNamespaces === undefined ? [] : [`--namespaces=${allowedNamespaces.join(',')}`]),
        ...labelsArgument(objectLabels),
        // A series for each toleration of each pod, which nobody asks for.
        '--metric-denylist=^kube_pod_tolerations$',
        '--use-apiserver-cache',
        ...(web === undefined ? [] : ['--tls-config=/etc/kube-state-metrics/web.yml']),
      ],
      // https://github.com/kubernetes/kube-state-metrics#resource-recommendation
      resources: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
      ports: {
        'http-metrics': {
          port: ports.kubeStateMetrics,
          scheme: 'http',
          metrics: '/metrics',
          forClients: false,
          tls: true,
        },
        telemetry: { port: ports.kubeStateTelemetry, scheme: 'http', forClients: false, tls: true },
      },
      // Its `/livez` asks the API server: to start again would not bring that back.
      probes: { ready: Probe.http('telemetry', '/readyz'), alive: '/healthz' },
      ...(web !== undefined && {
        files: { path: '/etc/kube-state-metrics', files: [ConfigFile.yaml('web.yml', () => web)] },
      }),
    });
    grant(workload, objects, allowedNamespaces);
    this.metrics = endpoints['http-metrics'];
    this.scrapeTargets = [
      // Namespaces and pods of its series are those that it tells of.
      ...scrapeTargets.map((target) => ({ ...target, class: 'infrastructure' as const, honorLabels: true })),
      { job: `${this.name}-telemetry`, endpoint: pods.telemetry ?? endpoints.telemetry },
    ];
    this.alerts = workloadAlerts(this.name);
    this.dashboards = [workloadsDashboard({ job: this.name, kubelet: props.kubelet ?? true })];
  }
}

const everyObject = Object.keys(kubeObjects) as KubeObjects[];

/** The rights that it needs, and no others: in the namespaces that it may see, if they are named. */
function grant(workload: Deployment, objects: readonly KubeObjects[], namespaces: readonly string[] | undefined): void {
  const within = objects.filter((name) => namespaces !== undefined && kubeObjects[name].namespaced);
  for (const namespace of namespaces ?? [])
    workload.grantApi(validName(`${workload.node.path}.allowedNamespaces`, namespace), toWatch(within));
  const everywhere = objects.filter((name) => !within.includes(name));
  if (everywhere.length > 0)
    workload.grantClusterApi(toWatch(everywhere), 'it tells how objects are, of every team and of the cluster itself');
}

function toWatch(objects: readonly KubeObjects[]): readonly k8s.PolicyRule[] {
  const groups = [...new Set(objects.map((name) => kubeObjects[name].group))].sort(compareText);
  return groups.map((group) => ({
    apiGroups: [group],
    resources: objects.filter((name) => kubeObjects[name].group === group),
    verbs: ['list', 'watch'],
  }));
}

function labelsArgument(labels: NonNullable<KubeStateMetricsProps['objectLabels']>): readonly string[] {
  const lists = Object.entries(labels).map(([name, keys]) => `${name}=[${keys.join(',')}]`);
  return lists.length === 0 ? [] : [`--metric-labels-allowlist=${lists.join(',')}`];
}

function checkedObjects(
  prop: string,
  objects: readonly KubeObjects[],
  known: readonly KubeObjects[] = everyObject,
): readonly KubeObjects[] {
  if (objects.length === 0) throw new InvalidPropError(prop, objects, 'at least one kind of object');
  for (const name of objects)
    if (!known.includes(name)) throw new InvalidPropError(prop, name, `of ${known.join(', ')}`);
  return [...new Set(objects)].sort(compareText);
}
