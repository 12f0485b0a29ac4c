import { serviceKey, type StoredSpan } from '@plumbline/wire';
import type { RunFolder } from '../dataset/run-folder';
import { readParts, SpanParts, traceLabels, type TraceLabel } from '../dataset/span-parts';
import { Exclusions, startOf, type ExcludedTime } from './exclusions';
import { sampleByGroup, type Candidate } from './sample';

export interface SelectOptions {
  readonly excluded: readonly ExcludedTime[];
  /** Most traces of each label. */
  readonly budgets: Readonly<Record<TraceLabel, number>>;
  readonly seed: string;
}

export interface Selected {
  readonly traces: number;
  readonly spans: number;
  /** Traces of incidents, that nothing normal is learnt from. */
  readonly excluded: number;
}

/** Folders of a run: all that was brought together, and what is learnt from. */
export const datasets = { collected: 'spans', selected: 'selected' } as const;

const hourMs = 3_600_000;

/**
 * Chooses what is learnt from among the spans that were brought together: no normal traces from incidents, and of each entry and hour
 * equally many, as far as there are. The Spark job `select_traces.py` does the same, trace by trace.
 */
export async function selectTraces(run: RunFolder, options: SelectOptions): Promise<Record<TraceLabel, Selected>> {
  const selected = {} as Record<TraceLabel, Selected>;
  for (const label of traceLabels) selected[label] = await selectLabel(run, label, options);
  return selected;
}

async function selectLabel(
  run: RunFolder,
  label: TraceLabel,
  { excluded, budgets, seed }: SelectOptions,
): Promise<Selected> {
  const exclusions = new Exclusions(label === 'normal' ? excluded : []);
  const candidates: Candidate[] = [];
  let left = 0;
  for await (const traces of readParts(run, datasets.collected, label, 'extract')) {
    for (const [traceId, spans] of traces) {
      if (exclusions.covers(spans)) left += 1;
      else candidates.push({ traceId, group: groupOf(spans) });
    }
  }
  const wanted = new Set(sampleByGroup(candidates, budgets[label], seed).map(({ traceId }) => traceId));
  const parts = new SpanParts(run, datasets.selected, label);
  for await (const traces of readParts(run, datasets.collected, label, 'extract')) {
    for (const [traceId, spans] of traces) {
      // Once each, whichever part it comes in first.
      if (wanted.delete(traceId)) await parts.addStored(spans);
    }
  }
  await parts.flush();
  return { traces: parts.traces, spans: parts.spans, excluded: left };
}

/** Entry and hour of a trace. */
function groupOf(spans: readonly StoredSpan[]): string {
  const entry = firstOf(spans.filter((span) => span.entry)) ?? firstOf(spans);
  const hour = Math.floor(startOf(spans) / hourMs);
  return entry === undefined ? String(hour) : `${serviceKey(entry)}\0${entry.operation}\0${hour}`;
}

function firstOf(spans: readonly StoredSpan[]): StoredSpan | undefined {
  return spans.reduce<StoredSpan | undefined>((first, span) => {
    if (first === undefined || span.startUnixNano < first.startUnixNano) return span;
    return span.startUnixNano === first.startUnixNano && span.spanId < first.spanId ? span : first;
  }, undefined);
}
