import { BlackboxExporter, type Dashboard } from '../constructs';
import { fastApiDashboard } from '../constructs/applications/fastapi-dashboard';
import { jenkinsDashboard } from '../constructs/applications/jenkins-dashboard';
import { mongodbExporterDashboard } from '../constructs/databases/mongodb-exporter-dashboard';
import { postgresExporterDashboard } from '../constructs/databases/postgres-exporter-dashboard';
import { redisExporterDashboard } from '../constructs/databases/redis-exporter-dashboard';
import { everyKind } from '../constructs/network/blackbox.testing';
import { testApp } from '../constructs/testing';
import { learningPlatform } from '../examples/learning/platform';
import { platform } from '../main';
import { everyDashboard, modelOf, queryOf, type PanelQuery } from './dashboards';
import { thesis } from './thesis';

/* Every dashboard there is, whether an environment of ours has it or not. */

/** What no environment has yet. */
function probing() {
  const app = testApp();
  new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: everyKind });
  return app;
}

export const allDashboards: readonly Dashboard[] = [
  ...everyDashboard([platform({ ...thesis, objectives: {} }), learningPlatform(), probing()]),
  postgresExporterDashboard('postgres-exporter'),
  redisExporterDashboard('redis-exporter'),
  mongodbExporterDashboard('mongodb-exporter'),
  jenkinsDashboard('jenkins', 'default'),
  fastApiDashboard('fastapi'),
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

/**
 * A query as it is when Grafana has put values in place of variables.
 *
 * @param chosen of the variables of the dashboard, by name, or of all of them
 */
export function interpolated(text: string, chosen: string | Readonly<Record<string, string>> = 'chosen'): string {
  return (
    text
      .replaceAll('$__rate_interval', '2m')
      .replaceAll('$__range', '1h')
      .replaceAll('$__auto', '1m')
      // Of prices, numbers are written.
      .replace(/\$price_\w+/g, '0.5')
      .replace(/\$\{?(\w+)\}?/g, (whole, name: string) =>
        typeof chosen === 'string' ? chosen : (chosen[name] ?? whole),
      )
  );
}
