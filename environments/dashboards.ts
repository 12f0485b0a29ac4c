import { componentsIn, type Dashboard, type PlatformApp } from '../constructs';
import { alertmanagerDashboard } from '../constructs/alerting/alertmanager-dashboard';
import { memcachedDashboard } from '../constructs/caches/memcached-dashboard';
import { compareText } from '../constructs/core/content-hash';
import { nodesDashboard } from '../constructs/infrastructure/nodes-dashboard';
import { workloadsDashboard } from '../constructs/infrastructure/workloads-dashboard';
import { logAgentDashboard } from '../constructs/logs/log-agent-dashboard';
import { logsDashboard } from '../constructs/logs/logs-dashboard';
import { lokiDashboard } from '../constructs/logs/loki-dashboard';
import { vectorDashboard } from '../constructs/logs/vector-dashboard';
import { apiServerDashboard } from '../constructs/metrics/api-server-dashboard';
import { mimirDashboard } from '../constructs/metrics/mimir-dashboard';
import { pathMonitorDashboard } from '../constructs/network/path-monitor-dashboard';
import { smokepingDashboard } from '../constructs/network/smokeping-dashboard';
import { code, page } from '../tools/markdown';

/* Dashboards as Grafana has them, read again: for the page of all of them and for tests. */

/** A query of a panel, in the language of the store that it goes to. */
export interface PanelQuery {
  readonly language: 'PromQL' | 'LogQL' | 'TraceQL' | 'service map';
  readonly text: string;
}

/** A panel as it is in the model. */
export interface ShownPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly ShownTarget[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface ShownTarget {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly expr?: string;
  readonly query?: string;
  readonly queryType?: string;
  readonly serviceMapQuery?: string;
}

/** A choice on a dashboard. */
export interface ShownVariable {
  readonly type: string;
  readonly name: string;
  readonly query: unknown;
  readonly current: { readonly value: unknown };
  readonly datasource?: { readonly uid: string };
  readonly definition?: string;
}

/** The parts of a model that are read. */
export interface ShownModel {
  readonly schemaVersion: number;
  readonly description: string;
  readonly panels: readonly ShownPanel[];
  readonly templating: { readonly list: readonly ShownVariable[] };
}

export function modelOf(dashboard: Dashboard): ShownModel {
  return dashboard.model as ShownModel;
}

/** What a target asks. @throws if it is of a kind that nobody here knows */
export function queryOf({ datasource: { type }, ...target }: ShownTarget): PanelQuery {
  const { expr, query, serviceMapQuery } = target;
  if (type === 'prometheus' && expr !== undefined) return { language: 'PromQL', text: expr };
  if (type === 'loki' && expr !== undefined) return { language: 'LogQL', text: expr };
  if (type === 'tempo' && serviceMapQuery !== undefined) return { language: 'service map', text: serviceMapQuery };
  if (type === 'tempo' && query !== undefined) return { language: 'TraceQL', text: query };
  throw new Error(`no query of ${type}: ${JSON.stringify(target)}`);
}

/** Those of components that no environment has, under their usual names. */
export const otherDashboards: readonly Dashboard[] = [
  alertmanagerDashboard('alertmanager'),
  apiServerDashboard,
  logAgentDashboard('log-agent'),
  logAgentDashboard('log-agent-otlp', 'otlp'),
  lokiDashboard('loki'),
  logsDashboard,
  memcachedDashboard('memcached'),
  mimirDashboard('mimir', 3),
  nodesDashboard('node-exporter'),
  pathMonitorDashboard('network-paths'),
  smokepingDashboard('smokeping', 'smokeping-prober'),
  vectorDashboard('vector'),
  workloadsDashboard({ job: 'kube-state-metrics', kubelet: true }),
];

/** What components of these apps carry, and the others: each uid once. */
export function everyDashboard(apps: readonly PlatformApp[]): readonly Dashboard[] {
  const all = [...apps.flatMap(componentsIn).flatMap(({ dashboards }) => dashboards), ...otherDashboards];
  return Array.from(new Map(all.map((each) => [each.uid, each])).values()).sort((a, b) =>
    compareText(orderOf(a), orderOf(b)),
  );
}

/** Every dashboard, with its panels and what they ask. */
export function dashboardsPage(apps: readonly PlatformApp[]): string {
  return page(
    'Dashboards',
    'Every dashboard that a component carries, with what each panel asks, under the usual names of components. Which store is asked is a choice on each ' +
      'of them: at first the one that our Grafana has under the uids `prometheus`, `loki` and `tempo`, so they work in another Grafana, too. What ' +
      '`$__…` stands for, Grafana puts there: `$__rate_interval` is at least four readings, `$__range` the time that is shown.',
    everyDashboard(apps).map(section),
  );
}

function orderOf({ folder, title }: Dashboard): string {
  return `${folder}/${title}`;
}

function section(dashboard: Dashboard): string {
  const { uid, title, folder } = dashboard;
  const { description, panels, templating } = modelOf(dashboard);
  const choices = templating.list.flatMap(({ type, name, definition = '' }) =>
    type === 'datasource' ? [] : [`${code(name)} (${code(definition)})`],
  );
  const chosen = choices.length === 0 ? '' : ` To choose from: ${choices.join(', ')}.`;
  return [
    `## ${title}`,
    `${description} Folder ${folder}, uid ${code(uid)}.${chosen}`,
    ...panels.map((panel) => (panel.type === 'row' ? `### ${panel.title}` : described(panel))),
  ].join('\n\n');
}

/** A query in a page, as a block of its language. */
export function fenced({ language, text }: PanelQuery): string {
  return `\`\`\`${fences[language]}\n${text}\n\`\`\``;
}

const fences = { PromQL: 'promql', LogQL: 'logql', TraceQL: 'traceql', 'service map': '' } as const;

/** A panel with its queries, which are no rows of a table: they have lines, and bars in them. */
function described({ title, description = '', targets = [] }: ShownPanel): string {
  return [`**${title}.** ${description}`, ...targets.map(queryOf).map(fenced)].join('\n\n');
}
