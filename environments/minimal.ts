import { Duration, Size } from 'cdk8s';
import type { Environment } from './environment';
import { sizes } from './sizes';

const { otel, tempo, prometheus, logs, grafana, database, storage } = sizes.recommended;

/**
 * A small team's whole observability: traces, metrics, logs, alerts, and the pipeline that names the service that broke, on three nodes of
 * 4 CPU and 16 GiB. Everything is in one namespace that admits restricted pods alone; agents of nodes are in one beside it.
 */
export const minimal: Environment = {
  name: 'minimal',
  defaultNamespace: 'observability',
  namespaces: { nodes: 'observability-agents', examples: 'shop' },
  singleFile: { without: ['examples'] },
  broker: {
    volume: { size: Size.gibibytes(20) },
    resources: { cpu: '1', cpuLimit: '1', memory: '2Gi', memoryLimit: '2Gi' },
  },
  storage,
  anomalyRetention: Duration.days(30),
  tempo,
  // Kubelets and what containers take are read as well once `cluster.nodeRanges` is known: `kubelet: {}`.
  prometheus: { ...prometheus, discovery: { apiServer: {}, annotatedPods: {} } },
  logs,
  alerting: {
    receivers: { team: { slack: { channel: '#observability' }, secretMayFollow: true } },
    otherwise: 'team',
  },
  // Of the network nothing is measured until `cluster.nodeRanges` says which addresses nodes have.
  nodes: { hostNetwork: false },
  workloads: { kubelet: false },
  database,
  grafana,
  otel,
  pipeline: { partitions: 6, retention: Duration.days(1) },
  ownTraces: true,
  shop: {},
};
