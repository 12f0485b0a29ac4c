import { panels, type UseCase } from './use-case';

const category = 'Log Monitoring';

/** Lines of everything that writes them. */
export const logs: readonly UseCase[] = [
  {
    category,
    area: 'Log Collection',
    name: 'Collect Logs from Applications',
    panels: panels('Logs', 'Lines, by level'),
    note: 'Applications that speak OTLP send their lines to the collectors, with trace ids; of the others an agent reads what they print.',
  },
  {
    category,
    area: 'Log Collection',
    name: 'Collect Infrastructure Logs',
    panels: panels('Log agent', 'Lines of the journal, by node'),
    note: 'The agent reads the journal of each node.',
  },
  {
    category,
    area: 'Log Collection',
    name: 'Collect Container Logs',
    panels: panels('Log agent', 'Lines of containers, by node', 'Files that are read'),
    alerts: ['LogAgentDown', 'LogAgentLosesLines'],
  },
  {
    category,
    area: 'Centralized Logging',
    name: 'Centralized Log Aggregation',
    panels: [...panels('Logs', 'Lines'), ...panels('Loki', 'Lines taken')],
    alerts: ['LokiRefusesLines'],
  },
  {
    category,
    area: 'Log Parsing & Enrichment',
    name: 'Parse Unstructured Logs',
    panels: panels('Logs', 'Lines, by level'),
    note: 'The agent finds level, time and trace id in lines of JSON, logfmt and plain text.',
  },
  {
    category,
    area: 'Log Parsing & Enrichment',
    name: 'Log Enrichment',
    panels: panels('Logs', 'Services'),
    note: 'Namespace, service, pod and node are added by the agent, a severity is found in the line; `cluster`, `cloud` and `site` by the environment.',
  },
  {
    category,
    area: 'Correlation',
    name: 'Log Correlation',
    panels: panels('Logs', 'Lines'),
    note: 'A line with a trace id links to its trace.',
  },
  {
    category,
    area: 'Correlation',
    name: 'Contextual Troubleshooting',
    panels: [...panels('Overview', 'Firing'), ...panels('Logs', 'Lines')],
    note: 'Each alert names its runbook and dashboard; each trace links to the lines of its services at that time.',
  },
  {
    category,
    area: 'Alerting & Detection',
    name: 'Alert on Error Patterns',
    panels: panels('Logs', 'Errors, by service'),
    alerts: ['LogErrorPattern'],
  },
  {
    category,
    area: 'Alerting & Detection',
    name: 'Alert on Volume Spikes',
    panels: panels('Logs', 'Lines, by level'),
    alerts: ['LogVolumeSpike'],
  },
];
