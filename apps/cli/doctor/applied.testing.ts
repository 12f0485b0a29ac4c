import { ports } from '@plumbline/contracts';
import { workloadKey } from '../deploy/state';
import type { RenderedEnvironment } from '../verify/rendered';
import type { Answer } from '../verify/testing';

/** What differs from an environment that is applied and well, by `kind/namespace/name` of a workload. */
export interface Changes {
  readonly unready?: readonly string[];
  readonly scaledToZero?: readonly string[];
  readonly notApplied?: readonly string[];
}

const lists: Readonly<Record<string, string>> = {
  Deployment: '/apis/apps/v1',
  StatefulSet: '/apis/apps/v1',
  DaemonSet: '/apis/apps/v1',
  Job: '/apis/batch/v1',
};

/** Answers of an API server to which an environment was applied: each workload with one pod, `<workload>-0`. */
export function appliedAnswers(rendered: RenderedEnvironment, changes: Changes = {}): Record<string, Answer> {
  const { unready = [], scaledToZero = [], notApplied = [] } = changes;
  const items = new Map<string, object[]>();
  const add = (path: string, item: object) => items.set(path, [...(items.get(path) ?? []), item]);
  for (const { kind, metadata, spec } of rendered.workloads) {
    const { namespace, name } = metadata;
    const key = workloadKey(kind, namespace, name);
    if (notApplied.includes(key)) continue;
    const replicas = scaledToZero.includes(key) ? 0 : 1;
    const labels = { 'app.kubernetes.io/name': name };
    const group = lists[kind] ?? '';
    add(`${group}/namespaces/${namespace}/${kind.toLowerCase()}s`, {
      metadata,
      spec: { replicas, selector: { matchLabels: labels } },
      status: { replicas, availableReplicas: replicas },
    });
    if (replicas === 0 || kind === 'Job') continue;
    const status = unready.includes(key) ? 'False' : 'True';
    const pod = {
      metadata: { name: `${name}-0`, namespace, labels },
      spec: { containers: spec.template.spec.containers },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status }] },
    };
    add(`/api/v1/namespaces/${namespace}/pods`, pod);
    // A Service selects by more labels, the pods behind it are the same.
    for (const instance of [name, 'pipeline', 'otel']) {
      const selector = `app.kubernetes.io/instance=${instance},app.kubernetes.io/name=${name}`;
      add(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`, pod);
    }
  }
  const services = rendered.ofKind('Service').map((service): [string, Answer] => {
    const { namespace = 'default', name } = service.metadata;
    return [`/api/v1/namespaces/${namespace}/services/${name}`, service];
  });
  const kinds = [{ name: 'services', kind: 'Service', namespaced: true }];
  return {
    ...Object.fromEntries([...items].map(([path, found]) => [path, { items: found }])),
    ...Object.fromEntries(services),
    '/api/v1': { resources: kinds },
  };
}

/** Of pods that are well, by `namespace/pod:port`: what each answers, by path. */
export function wellPods(rendered: RenderedEnvironment): Record<string, Record<string, Answer>> {
  const worker = (name: string) => [`plumbline/${name}-0:8081`, { '/readyz': { status: 'ready' } }] as const;
  const collector = (name: string) =>
    [
      [`plumbline/${name}-0:${ports.collectorHealth}`, { '/': { status: 200, text: 'ok' } }],
      [`plumbline/${name}-0:8888`, { '/metrics': { status: 200, text: 'otelcol_process_uptime 4' } }],
    ] as const;
  const workers = rendered.workloads.filter(({ spec }) => spec.template.spec.containers[0]?.args[0] === 'run');
  return Object.fromEntries<Record<string, Answer>>([
    ...workers.map(({ metadata }) => worker(metadata.name)),
    ...collector('otel-ingestor'),
    ...collector('otel-aggregator'),
    ['plumbline/prometheus-0:9090', { '/-/ready': { status: 200, text: 'ready' } }],
    ['plumbline/objects-0:7070', { '/health': { status: 200, text: 'OK' } }],
    ['redpanda/redpanda-0:9644', { '/v1/status/ready': { status: 'ready' } }],
    ['tempo/tempo-0:3200', { '/ready': { status: 200, text: 'ready' } }],
    ['grafana/grafana-0:3000', { '/api/health': { database: 'ok' } }],
  ]);
}
