import {
  choiceVariable,
  dashboard,
  folders,
  labelVariable,
  logql,
  logs,
  row,
  table,
  textVariable,
  timeseries,
  wholeRange,
} from '../dashboards';

/*
 * What applications say. Labels are those that Loki makes of OTLP's resources; the level is what it finds in each line, `detected_level`.
 * https://grafana.com/docs/loki/latest/send-data/otel/
 */

const service = labelVariable({
  name: 'service',
  title: 'Service',
  series: '{service_name=~".+"}',
  label: 'service_name',
  source: 'logs',
});

const chosen = '{service_name=~"$service"}';
const leveled = `${chosen} | detected_level=~"$level"`;

/** Lines by service and level, each with a link to its trace. The same of every Loki that takes OTLP. */
export const logsDashboard = dashboard({
  uid: 'logs',
  title: 'Logs',
  folder: folders.applications,
  description:
    'What services log, by level. A click on a line shows its fields, and the link to its trace where it has a trace id.',
  variables: [
    service,
    choiceVariable('level', 'Level', ['fatal', 'critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown']),
    textVariable('search', 'Search'),
  ],
  rows: [
    row(
      'How many',
      timeseries({
        title: 'Lines, by level',
        description: 'A second, of the services that are chosen.',
        unit: 'cps',
        queries: [logql(`sum by (detected_level) (rate(${leveled} [$__auto]))`, { legend: '{{detected_level}}' })],
        stacked: true,
      }),
      timeseries({
        title: 'Errors, by service',
        description: 'Lines of the levels error and critical, a second.',
        unit: 'cps',
        queries: [
          logql(`sum by (service_name) (rate(${chosen} | detected_level=~"error|critical|fatal" [$__auto]))`, {
            legend: '{{service_name}}',
          }),
        ],
      }),
      table({
        title: 'Services',
        description: 'Over the time that is shown. Who says most is where fewer words cost least.',
        labels: { service_name: 'Service' },
        values: [
          {
            title: 'Lines',
            query: logql(`sum by (service_name) (count_over_time(${chosen}[${wholeRange}]))`),
            unit: 'short',
          },
          {
            title: 'Bytes',
            query: logql(`sum by (service_name) (bytes_over_time(${chosen}[${wholeRange}]))`),
            unit: 'bytes',
          },
        ],
        height: 6,
      }),
    ),
    row(
      'Lines',
      logs({
        title: 'Lines',
        description:
          'Those of the services and levels that are chosen, with what is searched in them; the newest first.',
        query: logql(`${leveled} |~ \`(?i)$search\``),
      }),
    ),
  ],
});
