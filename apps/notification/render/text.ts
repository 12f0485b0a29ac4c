import { serviceLabel, type Incident } from '@plumbline/wire';
import type { IncidentLinks } from './links';

/** `payment: its own time rose`, or that there is no clear cause. */
export function causeLine(incident: Incident): string {
  const cause = incident.causes[0];
  return cause === undefined ? 'No clear cause' : `${serviceLabel(cause.service)}: ${cause.change}`;
}

/** Names of affected services; the cause's own when no other shows symptoms. */
export function affectedNames(incident: Incident): string[] {
  const names = incident.affected.map(serviceLabel);
  const cause = incident.causes[0];
  return names.length > 0 ? names : cause === undefined ? ['none known'] : [serviceLabel(cause.service)];
}

/** The message as plain text, for terminals and logs. */
export function renderText(incident: Incident, links: IncidentLinks): string {
  const evidence = incident.causes[0]?.evidence.slice(0, 3).map((item) => `  ${item.sentence}`) ?? [];
  return [
    `INCIDENT ${incident.id}  ${incident.state === 'resolved' ? 'resolved' : incident.severity}  ${incident.title}`,
    `Root cause: ${causeLine(incident)}`,
    ...evidence,
    `Affected: ${affectedNames(incident).join(', ')}`,
    `Since: ${new Date(incident.startedAtMs).toISOString()}`,
    ...(incident.traces[0] === undefined ? [] : [`Trace: ${links.trace ?? incident.traces[0].traceId}`]),
    ...(links.incident === undefined ? [] : [`Open: ${links.incident}`]),
    ...(links.runbook === undefined ? [] : [`Runbook: ${links.runbook}`]),
  ].join('\n');
}
