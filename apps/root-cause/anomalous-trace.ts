import type { Verdict } from '@plumbline/wire';

/** What is remembered of a verdict: enough to tell a person where to look. */
export interface AnomalousTrace extends Pick<
  Verdict,
  | 'traceId'
  | 'revision'
  | 'eventTimeMs'
  | 'entryService'
  | 'entryOperation'
  | 'durationMs'
  | 'score'
  | 'failed'
  | 'object'
  | 'services'
  | 'withdrawn'
> {
  /** Services of its findings, the least probable first. */
  readonly suspects: readonly string[];
}

/** Findings whose services are remembered. */
const mostSuspects = 8;

export function anomalousTrace(verdict: Verdict): AnomalousTrace {
  const { traceId, revision, eventTimeMs, entryService, entryOperation, durationMs, score, failed } = verdict;
  const { object, services, withdrawn, findings } = verdict;
  const suspects = [...new Set(findings.map(({ service }) => service))].slice(0, mostSuspects);
  return {
    traceId,
    revision,
    eventTimeMs,
    entryService,
    entryOperation,
    durationMs,
    score,
    failed,
    services,
    suspects,
    ...(object === undefined ? {} : { object }),
    ...(withdrawn === undefined ? {} : { withdrawn }),
  };
}

/** Order of what to show first. */
export function worstFirst(a: AnomalousTrace, b: AnomalousTrace): number {
  return (
    b.score - a.score || b.durationMs - a.durationMs || (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0)
  );
}

/** Traces alike (entry operation, service that stands out most) that are kept, and of all; an incident shows twenty. */
const mostAlike = 20;
const mostKept = 500;
/** How many more than kept may be there before those beyond are looked for. */
const slack = 2;

/**
 * The worst anomalous traces of a stretch of time, some of each sort, the newest revision of each: bounded, however many there
 * are. Which they are does not depend on the order in which they come, but where revisions take back more than are kept.
 */
export class WorstTraces {
  private traces = new Map<string, AnomalousTrace>();

  add(trace: AnomalousTrace): void {
    const known = this.traces.get(trace.traceId);
    if (known !== undefined && known.revision >= trace.revision) return;
    this.traces.set(trace.traceId, trace);
    if (this.traces.size > slack * mostKept) this.prune();
  }

  merge(other: WorstTraces, chosen: (trace: AnomalousTrace) => boolean = () => true): void {
    for (const trace of other.traces.values()) if (chosen(trace)) this.add(trace);
  }

  /** By trace id. */
  list(): readonly AnomalousTrace[] {
    this.prune();
    return [...this.traces.values()].sort((a, b) => (a.traceId < b.traceId ? -1 : 1));
  }

  private prune(): void {
    const alike = new Map<string, number>();
    const kept: AnomalousTrace[] = [];
    for (const trace of [...this.traces.values()].sort(worstFirst)) {
      const sort = [trace.entryService, trace.entryOperation, trace.suspects[0] ?? ''].join('\n');
      const count = (alike.get(sort) ?? 0) + 1;
      alike.set(sort, count);
      if (count <= mostAlike && kept.length < mostKept) kept.push(trace);
    }
    this.traces = new Map(kept.map((trace) => [trace.traceId, trace]));
  }
}
