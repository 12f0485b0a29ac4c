import { grafanaTraceUrl, type Incident } from '@plumbline/wire';

/** Where people can look further; each is left out where it is not configured. */
export interface LinkBases {
  readonly grafanaUrl?: string;
  readonly consoleUrl?: string;
  readonly runbookUrl?: string;
}

export interface IncidentLinks {
  /** The worst trace in Grafana. */
  readonly trace?: string;
  /** The incident's page. */
  readonly incident?: string;
  /** What to do about the kind of cause. */
  readonly runbook?: string;
}

export function linksOf(incident: Incident, bases: LinkBases): IncidentLinks {
  const traceId = incident.traces[0]?.traceId;
  const kind = incident.causes[0]?.evidence[0]?.kind;
  return {
    ...(bases.grafanaUrl !== undefined && traceId !== undefined
      ? { trace: grafanaTraceUrl(bases.grafanaUrl, traceId) }
      : {}),
    ...(bases.consoleUrl !== undefined
      ? { incident: `${bases.consoleUrl.replace(/\/+$/, '')}/incidents/${incident.id}` }
      : {}),
    ...(bases.runbookUrl !== undefined
      ? { runbook: `${bases.runbookUrl.replace(/\/+$/, '')}/${kind ?? 'no-clear-cause'}` }
      : {}),
  };
}
