import { panels, type UseCase } from './use-case';

const category = 'Services Monitoring';

/** Services as their users reach them, and on whom they depend. */
export const services: readonly UseCase[] = [
  {
    category,
    area: 'Service Health Checks',
    name: 'Monitor Service Endpoints',
    panels: panels('Endpoints and certificates', 'Do not answer', 'Endpoints'),
    alerts: ['EndpointDown'],
  },
  {
    category,
    area: 'Service Health Checks',
    name: 'Check Response Codes',
    panels: panels('Endpoints and certificates', 'Codes'),
    alerts: ['EndpointServerErrors', 'EndpointAnswersWrong'],
  },
  {
    category,
    area: 'Service Health Checks',
    name: 'Latency and Payload Validation',
    panels: panels('Endpoints and certificates', 'Whole probe', 'HTTP, by phase'),
    alerts: ['EndpointSlow', 'EndpointAnswersWrong'],
  },
  {
    category,
    area: 'Service Dependencies',
    name: 'Monitor Inter-Service Calls',
    panels: panels('Service map', 'Calls'),
  },
  {
    category,
    area: 'Service Dependencies',
    name: 'Dependency Maps/Graphs',
    panels: panels('Service map', 'Services'),
  },
  {
    category,
    area: 'Service Dependencies',
    name: 'Identify Latency Sources',
    panels: [...panels('Incidents', 'By service'), ...panels('Routes', 'Slow')],
    note: 'An incident names the service in which the time is spent, with evidence.',
  },
  {
    category,
    area: 'Service Availability',
    name: 'Track Uptime/Downtime',
    panels: panels('Endpoints and certificates', 'Availability, 30 days'),
    alerts: ['EndpointDown'],
  },
  {
    category,
    area: 'Service Availability',
    name: 'Rolling Availability Metrics',
    panels: [
      ...panels('Endpoints and certificates', 'Availability, 30 days'),
      ...panels('User experience', 'Kept over thirty days'),
    ],
  },
  {
    category,
    area: 'Alerting on Service Errors',
    name: 'Alert on 5xx Status Codes',
    panels: panels('Endpoints and certificates', 'Codes'),
    alerts: ['EndpointServerErrors', 'HighErrorRate'],
  },
  {
    category,
    area: 'Alerting on Service Errors',
    name: 'Timeout and Latency Alerts',
    panels: panels('Endpoints and certificates', 'Whole probe', 'HTTP, by phase'),
    alerts: ['EndpointSlow', 'HighLatency'],
  },
];
