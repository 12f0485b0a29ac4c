import { Duration, Size } from 'cdk8s';
import { Endpoint, NetworkPeer } from '../constructs';
import type { Environment } from './environment';

/** Where kube-prometheus-stack is, under the release name of its own documentation. */
const release = 'kube-prometheus-stack';
const theirs = 'monitoring';

/**
 * The anomaly pipeline beside what a team has: its collectors send a copy of their traces here, its Prometheus operator reads metrics and
 * evaluates rules, its Grafana shows dashboards. Ours are only what such a team lacks: a broker, an object store, collectors that bring
 * spans to one form, and the pipeline.
 */
export const addon: Environment = {
  name: 'addon',
  defaultNamespace: 'plumbline',
  broker: {
    volume: { size: Size.gibibytes(20) },
    resources: { cpu: '1', cpuLimit: '1', memory: '2Gi', memoryLimit: '2Gi' },
  },
  storage: { volume: { size: Size.gibibytes(20) } },
  anomalyRetention: Duration.days(30),
  prometheus: {
    external: {
      endpoint: Endpoint.external(`${release}-prometheus.${theirs}.svc.cluster.local`, 9090, { scheme: 'http' }),
      operator: {
        from: [NetworkPeer.pods(theirs, { 'app.kubernetes.io/name': 'prometheus' })],
        labels: { release },
      },
    },
  },
  grafana: { external: {} },
  otel: {
    // Of logs and metrics, the team has collectors.
    besideTraces: [],
    aggregator: { volume: { size: Size.gibibytes(4) } },
  },
  pipeline: { partitions: 6, retention: Duration.days(1) },
};
