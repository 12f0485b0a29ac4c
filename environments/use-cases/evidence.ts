/** Who has seen what a dashboard's panels ask with rows in the answer. */
export interface Evidence {
  /** A test against real servers. */
  readonly seenBy?: string;
  /** Why nobody can here, and what is known all the same. */
  readonly cannot?: string;
}

const live = 'environments/use-cases/use-cases.real.test.ts';

/** By dashboard; each query of a panel in it is answered with rows there. */
const byDashboard: Readonly<Record<string, Evidence>> = {
  Nodes: { seenBy: live },
  Workloads: { seenBy: live },
  Routes: { seenBy: live },
  'Service map': { seenBy: live },
  'User experience': { seenBy: live },
  Overview: { seenBy: live },
  Loki: { seenBy: live },
  Logs: { seenBy: 'environments/dashboards.real.test.ts' },
  Capacity: { seenBy: 'constructs/metrics/capacity-dashboard.real.test.ts' },
  'Endpoints and certificates': { seenBy: 'constructs/network/blackbox-exporter.real.test.ts' },
  'Network round trips': { seenBy: 'constructs/network/blackbox-exporter.real.test.ts' },
  'Latency and loss': { seenBy: 'constructs/network/smokeping.real.test.ts' },
  PostgreSQL: { seenBy: 'environments/database-exporters.real.test.ts' },
  Redis: { seenBy: 'environments/database-exporters.real.test.ts' },
  FastAPI: { seenBy: 'environments/external-targets.real.test.ts' },
  'Network paths': { cannot: 'its series are asked of the running monitor by `apps/network-paths/network-paths.real`' },
  'Log agent': {
    cannot:
      'its series are asked of a running Alloy by `constructs/logs/log-agent.real`, but of the journal, which takes systemd',
  },
  Incidents: {
    cannot: 'an incident takes minutes; its series are asked of running workers by `environments/metrics.real`',
  },
  'Object store': { cannot: 'its series are asked of running stores by `environments/metrics.real`' },
  MongoDB: { cannot: 'no MongoDB can be had; names of series are from the source of its exporter' },
  Jenkins: { cannot: 'no Jenkins can be had; names of series are from the source of its plugin' },
};

const kubelets = 'it takes kubelets, for which a stand-in answers in `constructs/metrics/discovery.real`';

/** Of panels that are an exception in their dashboard. */
const byPanel: Readonly<Record<string, Evidence>> = {
  'Workloads: Containers': { cannot: kubelets },
  'Workloads: Memory, share of the limit': { cannot: kubelets },
  'Workloads: Claims': { cannot: kubelets },
  'User experience: Kept over thirty days': {
    cannot: 'it takes an hour of a collector that counts; what it is made of fires in `environments/rules.real`',
  },
  'Capacity: Memory in a week': { cannot: 'it takes a week of nodes; understood by Prometheus' },
  'Capacity: CPU in a week': { cannot: 'it takes a week of nodes; understood by Prometheus' },
};

/** @throws {RangeError} where nobody said anything of a dashboard */
export function evidenceOf(dashboard: string, panel: string): Evidence {
  const found = byPanel[`${dashboard}: ${panel}`] ?? byDashboard[dashboard];
  if (found === undefined) throw new RangeError(`nobody said who has seen rows of ${dashboard}: ${panel}`);
  return found;
}

/** Whether the live test of the use cases asks it. */
export function isAskedLive(dashboard: string, panel: string): boolean {
  return evidenceOf(dashboard, panel).seenBy === live;
}
