import { z } from 'zod';
import { quietMinutes, rightNames, type Plan, type PlannedCase } from './plan';

/*
 * The rules of `incidents.py` beside the recordings: an incident belongs to a case when it opened between 90 s before the injection
 * (labels can be late) and 90 s after the end of the case's minutes; every other one is a false alarm. The answer to a case is the
 * ranking of the first that opened. An incident that is still open from before hides what comes after: that counts against it.
 */

const marginMs = 90_000;

/** A false alarm that is open for longer than this lasts, milliseconds. */
const lastingMs = 600_000;

const candidate = z.looseObject({ service: z.string(), confidence: z.number() });

/** What is judged of an incident, whatever the schema that carries it. */
export const judgedIncidentSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  severity: z.string(),
  title: z.string(),
  openedAtMs: z.number(),
  throughMs: z.number(),
  resolvedAtMs: z.number().optional(),
  causes: z.array(candidate),
  ranking: z.array(candidate).optional(),
});
export type JudgedIncident = z.infer<typeof judgedIncidentSchema>;

/** What an incident said when a revision of it came out. */
export interface Revision {
  readonly id: string;
  /** Event time of publication, milliseconds since the epoch. */
  readonly atMs: number;
  /** Service that it put first, if any. */
  readonly first: string | undefined;
}

/** What a stream brought forth. */
export interface Outcome {
  /** Newest revision of each. */
  readonly incidents: readonly JudgedIncident[];
  readonly revisions: readonly Revision[];
}

/** What became of one fault. */
export interface Verdict {
  readonly system: string;
  readonly case: PlannedCase;
  readonly incident: JudgedIncident | undefined;
  /** Services, best first. */
  readonly ranking: readonly string[];
  /** Place of the right service from 1; with two faults, of the one that stands better. */
  readonly rank: number | undefined;
  /** With two faults at once: whether both stand among the first three. */
  readonly bothInThree: boolean | undefined;
  /** Services it claims as causes, with its confidence in each. */
  readonly claims: readonly { readonly confidence: number; readonly right: boolean }[];
  /** Seconds from the injection to the end of the window that opened the incident. */
  readonly openedAfter: number | undefined;
  /** Seconds from the injection until a revision that put the right service first came out. */
  readonly namedAfter: number | undefined;
}

/** What became of a stream. */
export interface Judgement {
  readonly system: string;
  readonly family: string | undefined;
  readonly profile: string | undefined;
  readonly verdicts: readonly Verdict[];
  readonly falseAlarms: readonly JudgedIncident[];
  /** Of the false alarms, those open for more than ten minutes. */
  readonly lasting: number;
  /** Incidents of a case still open ten minutes after it ended. */
  readonly stuck: number;
  readonly quietMinutes: number;
}

/** Judges what came of a stream by what was in it. */
export function judge(plan: Plan, outcome: Outcome): Judgement {
  const used = new Set<string>();
  let stuck = 0;
  const verdicts = plan.cases.map((each) => {
    const fromMs = each.inject_us / 1000 - marginMs;
    const toMs = each.end_us / 1000 + marginMs;
    const mine = outcome.incidents.filter(({ openedAtMs }) => openedAtMs >= fromMs && openedAtMs <= toMs);
    for (const incident of mine) {
      used.add(incident.id);
      if (closedAt(incident) > each.end_us / 1000 + lastingMs) stuck += 1;
    }
    const first = mine.reduce<JudgedIncident | undefined>(
      (best, incident) => (best === undefined || incident.openedAtMs < best.openedAtMs ? incident : best),
      undefined,
    );
    return verdict(plan.system, each, first, outcome.revisions);
  });
  const falseAlarms = outcome.incidents.filter(({ id }) => !used.has(id));
  return {
    system: plan.system,
    family: plan.family,
    profile: plan.profile,
    verdicts,
    falseAlarms,
    lasting: falseAlarms.filter((incident) => closedAt(incident) - incident.openedAtMs > lastingMs).length,
    stuck,
    quietMinutes: quietMinutes(plan),
  };
}

function verdict(
  system: string,
  planned: PlannedCase,
  incident: JudgedIncident | undefined,
  revisions: readonly Revision[],
): Verdict {
  const faults = [planned, ...(planned.also === undefined ? [] : [planned.also])].map(rightNames);
  const right = new Set(faults.flatMap((names) => [...names]));
  const ranking = incident === undefined ? [] : rankingOf(incident);
  const place = ranking.findIndex((service) => right.has(service));
  const sinceMs = planned.inject_us / 1000;
  const named = revisions.find(({ id, first }) => id === incident?.id && first !== undefined && right.has(first));
  return {
    system,
    case: planned,
    incident,
    ranking,
    rank: place < 0 ? undefined : place + 1,
    bothInThree:
      planned.also === undefined
        ? undefined
        : faults.every((names) => ranking.slice(0, 3).some((service) => names.has(service))),
    claims: (incident?.causes ?? []).map(({ service, confidence }) => ({
      confidence,
      right: right.has(serviceName(service)),
    })),
    openedAfter: incident === undefined ? undefined : (incident.openedAtMs - sinceMs) / 1000,
    namedAfter: named === undefined ? undefined : (named.atMs - sinceMs) / 1000,
  };
}

/** The whole ranking where there is one, else what is claimed; services by name. */
export function rankingOf({ ranking, causes }: JudgedIncident): string[] {
  const whole = ranking === undefined || ranking.length === 0 ? causes : ranking;
  return whole.map(({ service }) => serviceName(service));
}

/** The last part of a service key, as the labels have it. */
export function serviceName(key: string): string {
  // What somebody calls is not that somebody.
  if (key.startsWith('peer:unknown')) return key;
  return key.split('/').at(-1) ?? key;
}

function closedAt({ resolvedAtMs, throughMs }: JudgedIncident): number {
  return resolvedAtMs ?? throughMs;
}
