import { panels, type UseCase } from './use-case';

const category = 'Application Monitoring';

/** Requests of applications: how long, how many, how many fail, and where. */
export const applications: readonly UseCase[] = [
  {
    category,
    area: 'Application Performance Monitoring (APM)',
    name: 'Monitor latency',
    panels: panels('Routes', 'Duration, p95', 'Duration, p95, by route', 'Durations'),
    alerts: ['HighLatency'],
  },
  {
    category,
    area: 'Application Performance Monitoring (APM)',
    name: 'Monitor Throughput',
    panels: [...panels('Routes', 'Requests', 'Requests, by service and status'), ...panels('FastAPI', 'Requests')],
  },
  {
    category,
    area: 'Application Performance Monitoring (APM)',
    name: 'Monitor Error Rate',
    panels: [...panels('Routes', 'Failed, by route'), ...panels('Logs', 'Errors, by service')],
    alerts: ['HighErrorRate'],
  },
  {
    category,
    area: 'Application Performance Monitoring (APM)',
    name: 'API calls Volume',
    panels: [...panels('Routes', 'Routes'), ...panels('FastAPI', 'By handler')],
  },
  {
    category,
    area: 'Distributed Tracing',
    name: 'Trace Requests Across Services',
    panels: [...panels('Routes', 'Slow'), ...panels('Service map', 'Services')],
    note: 'A click on a trace opens it with all spans.',
  },
  {
    category,
    area: 'Distributed Tracing',
    name: 'Log Correlation',
    panels: panels('Logs', 'Lines'),
    note: 'A line with a trace id links to its trace, a trace to the lines of its services, and both to series of the same service.',
  },
  {
    category,
    area: 'Backend/Dependency Monitoring',
    name: 'Database Calls Monitoring',
    panels: [
      ...panels('Service map', 'Calls'),
      ...panels('PostgreSQL', 'Statements that took longest'),
      ...panels('MongoDB', 'Time of an operation'),
      ...panels('Redis', 'Time of a command'),
    ],
    note: 'Spans of the kind client that name a database; what the database says itself is under Database Monitoring.',
  },
  {
    category,
    area: 'Application Alerting',
    name: 'Alert on High Latency',
    panels: panels('Routes', 'Duration, p95'),
    alerts: ['HighLatency', 'PoorUserExperience', 'FastApiSlow'],
  },
  {
    category,
    area: 'Application Alerting',
    name: 'Alert on Error Rate Spikes',
    panels: panels('Routes', 'Failed, by route'),
    alerts: ['HighErrorRate', 'LogErrorPattern'],
  },
  {
    category,
    area: 'Application Alerting',
    name: 'Custom Alert Conditions',
    panels: [...panels('User experience', 'Apdex, by service'), ...panels('Incidents', 'Opened')],
    alerts: ['SlowWhileNodesAreBusy'],
    note: 'A rule of several conditions is one of ours or of a team, as a value of its component. Incidents combine all services without one.',
  },
];
