import type { Source, Verdict, WindowStats } from '@plumbline/wire';
import type { ReferenceProfile } from '../reference';
import { activationOf, observe } from './detector';
import type { SimulatedTrace } from './shop';

/** What detection would publish for one record, with the record time. */
export interface DetectedRecord {
  readonly recordTimeMs: number;
  readonly stats: WindowStats;
  readonly verdicts: readonly Verdict[];
}

const recordMs = 1000;

/**
 * Traces as detection reports them: a record a second and partition, traces when they are complete, windows by their start,
 * watermarks no later than the oldest trace still under way. In order of record time, partitions side by side.
 */
export function detect(
  traces: readonly SimulatedTrace[],
  reference: ReferenceProfile,
  { partitions = 1, windowMs = 5000 }: { readonly partitions?: number; readonly windowMs?: number } = {},
): DetectedRecord[] {
  const byEnd = [...traces].sort((a, b) => a.endMs - b.endMs || a.index - b.index);
  const last = byEnd.at(-1);
  const [first] = byEnd;
  if (first === undefined || last === undefined) return [];
  const records: DetectedRecord[] = [];
  const startMs = Math.floor(first.startMs / recordMs) * recordMs;
  let taken = 0;
  for (let offset = 0; startMs + offset * recordMs < last.endMs + 2 * windowMs; offset += 1) {
    const nowMs = startMs + (offset + 1) * recordMs;
    const begin = taken;
    while ((byEnd[taken]?.endMs ?? Infinity) < nowMs) taken += 1;
    const finished = byEnd.slice(begin, taken);
    const underWay = byEnd.slice(taken).reduce((least, trace) => Math.min(least, trace.startMs), nowMs);
    for (let partition = 0; partition < partitions; partition += 1) {
      const own = finished.filter(({ index }) => index % partitions === partition);
      records.push(record(own, reference, { partition, offset }, nowMs, underWay, windowMs));
    }
  }
  return records;
}

function record(
  traces: readonly SimulatedTrace[],
  reference: ReferenceProfile,
  source: Source,
  recordTimeMs: number,
  watermarkMs: number,
  windowMs: number,
): DetectedRecord {
  const { windows, verdicts } = observe(traces, activationOf(reference), source, windowMs);
  return {
    recordTimeMs,
    verdicts,
    stats: { tenant: 'default', source: rangeOf(source), watermarkMs, verdicts: verdicts.length, windows },
  };
}

function rangeOf({ partition, offset }: Source): WindowStats['source'] {
  return { partition, firstOffset: offset, lastOffset: offset };
}
