import type { Incident } from '@plumbline/wire';

/** Change of confidence in the first cause that is worth a revision. */
const confidenceStep = 0.1;

const severities: readonly Incident['severity'][] = ['low', 'high', 'critical'];

export function moreSevere(a: Incident['severity'], b: Incident['severity']): Incident['severity'] {
  return severities.indexOf(a) >= severities.indexOf(b) ? a : b;
}

/**
 * Whether a reader of an incident would notice the difference: state, severity, first cause and what it did, its confidence
 * by a tenth, or who is affected. Newer numbers alone are no news.
 */
export function isNews(previous: Incident | undefined, next: Incident): boolean {
  if (previous === undefined) return true;
  const [cause, was] = [next.causes[0], previous.causes[0]];
  return (
    next.state !== previous.state ||
    next.severity !== previous.severity ||
    cause?.service !== was?.service ||
    cause?.change !== was?.change ||
    Math.abs((cause?.confidence ?? 0) - (was?.confidence ?? 0)) >= confidenceStep ||
    next.affected.some((service) => !previous.affected.includes(service))
  );
}
