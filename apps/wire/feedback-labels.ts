import type { Feedback } from './feedback';
import { feedbackVerdicts } from './feedback-verdict';
import type { ServiceKey } from './identity';
import type { Incident } from './incident';

/** What people say of a stretch of time: whether something was wrong then, and with whom. */
export interface IncidentLabel {
  readonly tenant: string;
  readonly incident: string;
  /** `confirmed`: something was wrong; `refuted`: nothing was, and what was seen then is normal. */
  readonly label: 'confirmed' | 'refuted';
  /** Event time, milliseconds since the epoch; of an incident that is still open, as far as it was looked at. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Services that the incident names: causes, affected, path. */
  readonly services: readonly ServiceKey[];
  /** The service that broke, where people agree on one; it may be none of those. */
  readonly cause?: ServiceKey;
  /** First cause that was claimed and that it was not. */
  readonly cleared?: ServiceKey;
}

/**
 * What was said of incidents as labels to learn from: one for each incident that people agree on. Disputed ones, and those that
 * are not among the incidents, give none. Equal answers give equal labels, in whatever order they come.
 *
 * @param incidents of several revisions of one the newest counts
 */
export function incidentLabels(feedback: Iterable<Feedback>, incidents: Iterable<Incident>): IncidentLabel[] {
  const known = new Map<string, Incident>();
  for (const incident of incidents) {
    const key = `${incident.tenant}\n${incident.id}`;
    if ((known.get(key)?.revision ?? 0) <= incident.revision) known.set(key, incident);
  }
  return feedbackVerdicts(feedback).flatMap(({ tenant, incident: id, verdict, cause, judged }) => {
    const incident = known.get(`${tenant}\n${id}`);
    if (incident === undefined || verdict === 'disputed') return [];
    const claimed = judged.shown[0]?.service;
    return [
      {
        tenant,
        incident: id,
        label: verdict === 'not-an-incident' ? 'refuted' : 'confirmed',
        fromMs: incident.startedAtMs,
        toMs: incident.resolvedAtMs ?? incident.throughMs,
        services: [
          ...new Set([...incident.causes.map(({ service }) => service), ...incident.affected, ...incident.path]),
        ],
        ...(cause === undefined ? {} : { cause }),
        ...(verdict === 'right' || claimed === undefined ? {} : { cleared: claimed }),
      },
    ];
  });
}
