import { serviceLabel, type Incident } from '@plumbline/wire';
import { cut, listWithin } from './limits';
import type { IncidentLinks } from './links';
import { affectedNames, causeLine } from './text';

/** Body of PagerDuty's Events API v2. */
export interface PagerDutyEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'resolve';
  /** The same for the whole life of an incident; at most 255 characters. */
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly source: string;
    readonly severity: 'critical' | 'error' | 'warning';
    readonly timestamp: string;
    readonly component?: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

const severities = { critical: 'critical', high: 'error', low: 'warning' } as const;

export function renderPagerDuty(incident: Incident, links: IncidentLinks, routingKey: string): PagerDutyEvent {
  const identity = { routing_key: routingKey, dedup_key: cut(`plumbline/${incident.tenant}/${incident.id}`, 255) };
  if (incident.state === 'resolved') return { ...identity, event_action: 'resolve' };
  const cause = incident.causes[0];
  return {
    ...identity,
    event_action: 'trigger',
    payload: {
      summary: cut(`${incident.title}. ${causeLine(incident)}`, 1024),
      source: affectedNames(incident)[0] ?? 'plumbline',
      severity: severities[incident.severity],
      timestamp: new Date(incident.startedAtMs).toISOString(),
      ...(cause === undefined ? {} : { component: serviceLabel(cause.service) }),
      custom_details: {
        affected: listWithin(affectedNames(incident), 2000),
        evidence: cause?.evidence.slice(0, 5).map((item) => item.sentence) ?? [],
        confidence: cause?.confidence ?? 0,
        traces: incident.traces.slice(0, 5).map((trace) => trace.traceId),
      },
    },
    links: [
      ...(links.incident === undefined ? [] : [{ href: links.incident, text: 'Incident' }]),
      ...(links.trace === undefined ? [] : [{ href: links.trace, text: 'Trace in Grafana' }]),
      ...(links.runbook === undefined ? [] : [{ href: links.runbook, text: 'Runbook' }]),
    ],
  };
}
