import type { AnnotatedSpan, AnnotatedWindows } from './annotate';

/** Score of each service; higher is more suspect. */
export type Scores = ReadonlyMap<string, number>;

/** Whether a span took longer than the 99th percentile of its like, and by a fifth at least, or failed. */
function isAnomalous(span: AnnotatedSpan, { normal }: AnnotatedWindows): boolean {
  const usual = normal.get(span.key);
  return span.failed || (usual !== undefined && span.durationUs > 1.2 * usual.highDuration);
}

/** The service of the anomalous span that started first in its trace; a vote a trace. */
export function earliestAnomalous(windows: AnnotatedWindows): Scores {
  return votes(windows, (a, b) => a.startUs - b.startUs);
}

/** The service of the anomalous span that lies deepest in its trace; a vote a trace. */
export function deepestAnomalous(windows: AnnotatedWindows): Scores {
  return votes(windows, (a, b) => b.depth - a.depth);
}

function votes(windows: AnnotatedWindows, order: (a: AnnotatedSpan, b: AnnotatedSpan) => number): Scores {
  const scores = new Map<string, number>();
  for (const trace of windows.abnormal) {
    const [first] = trace.filter((span) => isAnomalous(span, windows)).sort(order);
    if (first !== undefined) add(scores, first.service, 1);
  }
  return scores;
}

/** Time of its own that a service took beyond the mean of the reference, over all its spans; a gap counts for the caller. */
export function selfTimeExcess({ abnormal, normal }: AnnotatedWindows): Scores {
  const scores = new Map<string, number>();
  for (const span of abnormal.flat()) {
    const usual = normal.get(span.key);
    if (usual !== undefined) add(scores, span.service, span.selfUs - usual.meanSelf);
  }
  return scores;
}

/** Time between caller and callee beyond the mean of the reference; counts for the callee. */
export function callerCalleeGap({ abnormal, normal }: AnnotatedWindows): Scores {
  const scores = new Map<string, number>();
  for (const span of abnormal.flat()) {
    const usual = normal.get(span.key);
    if (span.callee !== undefined && usual !== undefined) add(scores, span.callee, span.selfUs - usual.meanSelf);
  }
  return scores;
}

/** Services in most traces of the reference: what always answers the same. */
export function busiest({ reference }: AnnotatedWindows): Scores {
  const scores = new Map<string, number>();
  for (const trace of reference) {
    for (const service of new Set(trace.map(({ service }) => service))) add(scores, service, 1);
  }
  return scores;
}

/**
 * Ochiai's coefficient over services: ef / √((ef + nf)·(ef + ep)) with ef the anomalous traces through a service, nf those that miss it
 * and ep the normal ones through it. A trace is anomalous when a span of it without a parent is.
 */
export function ochiai(windows: AnnotatedWindows): Scores {
  const { anomalous, usual } = splitTraces(windows);
  const scores = new Map<string, number>();
  for (const service of windows.services) {
    const ef = anomalous.filter((trace) => trace.some((span) => span.service === service)).length;
    const ep = usual.filter((trace) => trace.some((span) => span.service === service)).length;
    scores.set(service, ef === 0 ? 0 : ef / Math.sqrt(anomalous.length * (ef + ep)));
  }
  return scores;
}

/** Traces slower at their entry than nineteen in twenty of the reference or failed there, and all others. */
function splitTraces({ reference, abnormal }: AnnotatedWindows) {
  const entries = new Map<string, number[]>();
  const entryOf = (trace: readonly AnnotatedSpan[]) => trace.find(({ parent }) => parent === undefined);
  const keyOf = ({ service, operation }: AnnotatedSpan) => `${service}|${operation}`;
  for (const entry of reference.flatMap((trace) => entryOf(trace) ?? [])) {
    const durations = entries.get(keyOf(entry)) ?? [];
    durations.push(entry.durationUs);
    entries.set(keyOf(entry), durations);
  }
  for (const durations of entries.values()) durations.sort((a, b) => a - b);
  const isSlow = (trace: readonly AnnotatedSpan[]) => {
    const entry = entryOf(trace);
    if (entry === undefined) return false;
    const durations = entries.get(keyOf(entry)) ?? [];
    return entry.failed || entry.durationUs > (durations[Math.floor(0.95 * durations.length)] ?? Infinity);
  };
  const anomalous = abnormal.filter(isSlow);
  return { anomalous, usual: [...reference, ...abnormal.filter((trace) => !isSlow(trace))] };
}

function add(scores: Map<string, number>, service: string, value: number): void {
  scores.set(service, (scores.get(service) ?? 0) + value);
}
