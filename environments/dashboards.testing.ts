import type { Dashboard } from '../constructs';
import { nodesDashboard } from '../constructs/infrastructure/nodes-dashboard';
import { workloadsDashboard } from '../constructs/infrastructure/workloads-dashboard';
import { components } from './signals.testing';
import { modelOf, queryOf, type PanelQuery } from './dashboards';

/* Every dashboard there is, whether an environment of ours has it or not. */

/** Those of components that no environment has yet. */
const others = [nodesDashboard('node-exporter'), workloadsDashboard({ job: 'kube-state-metrics', kubelet: true })];

const carried = [...new Set(components.flatMap(({ dashboards }) => dashboards))];

export const allDashboards: readonly Dashboard[] = [
  ...carried,
  ...others.filter(({ uid }) => !carried.some((each) => each.uid === uid)),
];

/** A query, and where it is. */
export interface FoundQuery extends PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
}

export function queriesOf(dashboard: Dashboard): readonly FoundQuery[] {
  return modelOf(dashboard).panels.flatMap(({ title, targets = [] }) =>
    targets.map((target) => ({ dashboard: dashboard.uid, panel: title, ...queryOf(target) })),
  );
}

export const allQueries: readonly FoundQuery[] = allDashboards.flatMap(queriesOf);

/** PromQL of every panel, with ranges in place of Grafana's variables. */
export const allPromql: readonly string[] = allQueries.flatMap(({ language, text }) =>
  language === 'PromQL' ? [interpolated(text)] : [],
);

/** A query as it is when Grafana has put values in place of variables. */
export function interpolated(text: string): string {
  return text
    .replaceAll('$__rate_interval', '2m')
    .replaceAll('$__range', '1h')
    .replaceAll('$__auto', '1m')
    .replace(/\$\{?\w+\}?/g, 'chosen');
}
