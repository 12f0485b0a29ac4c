import type { Feedback } from './feedback';

/** What all answers about one incident come to. */
export interface FeedbackVerdict {
  readonly tenant: string;
  readonly incident: string;
  /** `disputed` counts for nothing: people do not agree. */
  readonly verdict: Feedback['answer'] | 'disputed';
  /** Key of the service that was the cause, where people agree on one. */
  readonly cause?: string;
  /** The newest of the answers that decided: what was shown to whoever gave it is what is judged. */
  readonly judged: Feedback;
  /** Answers, one a person. */
  readonly people: number;
}

/**
 * What people agree on, whatever the order in which they said it. It was no incident when more say so than not. It was service X
 * when more people name X than any other service, and more than say that it was not X without naming one; `right` names the first
 * cause that was shown. Where nobody names one, it was somebody else. Anything else is disputed.
 *
 * @param answers about one incident, one a person
 */
export function feedbackVerdict(answers: readonly Feedback[]): FeedbackVerdict | undefined {
  const newest = newestOf(answers);
  if (newest === undefined) return undefined;
  const { tenant, incident } = newest;
  const all = { tenant, incident, people: answers.length };
  const disputed: FeedbackVerdict = { ...all, verdict: 'disputed', judged: newest };

  const [none, some] = [answers.filter(isNone), answers.filter((answer) => !isNone(answer))];
  const judged = newestOf(none.length > some.length ? none : some);
  if (judged === undefined || none.length === some.length) return disputed;
  if (none.length > some.length) return { ...all, verdict: 'not-an-incident', judged };

  const named = counts(some.flatMap(namedBy));
  if (named.size === 0) return { ...all, verdict: 'wrong', judged };
  const [[cause, votes] = ['', 0], [, others] = ['', 0]] = [...named].sort(([, a], [, b]) => b - a);
  const against = some.filter((answer) => namedBy(answer).length === 0 && answer.shown[0]?.service === cause).length;
  if (votes <= others || votes <= against) return disputed;
  return { ...all, verdict: judged.shown[0]?.service === cause ? 'right' : 'wrong', cause, judged };
}

/** The verdict on each incident that anything was said of, by tenant and id. */
export function feedbackVerdicts(answers: Iterable<Feedback>): FeedbackVerdict[] {
  const incidents = new Map<string, Feedback[]>();
  for (const answer of answers) {
    const key = `${answer.tenant}\n${answer.incident}`;
    const known = incidents.get(key);
    if (known === undefined) incidents.set(key, [answer]);
    else known.push(answer);
  }
  return [...incidents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, about]) => {
      const verdict = feedbackVerdict(about);
      return verdict === undefined ? [] : [verdict];
    });
}

function isNone({ answer }: Feedback): boolean {
  return answer === 'not-an-incident';
}

/** The service that an answer says it was; none where it only says who it was not. */
function namedBy({ answer, service, shown }: Feedback): readonly string[] {
  const named = answer === 'right' ? shown[0]?.service : service;
  return named === undefined ? [] : [named];
}

function counts(services: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const service of services) counted.set(service, (counted.get(service) ?? 0) + 1);
  return counted;
}

function newestOf(answers: readonly Feedback[]): Feedback | undefined {
  return [...answers].sort((a, b) => b.saidAtMs - a.saidAtMs || (a.by < b.by ? -1 : 1))[0];
}
