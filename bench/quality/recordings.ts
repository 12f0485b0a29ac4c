import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readCsv } from './csv';
import { groupBy } from './groups';
import { traceStart, type Span, type ToldWindows, type Trace } from './spans';
import { dataFolder, type System } from './streams';

const labelsSchema = z.array(
  z.object({
    case_id: z.string(),
    inject_time_us: z.number(),
    root_cause_service: z.string(),
    fault_type: z.string(),
  }),
);

/** Seconds before the label in which the recording shows the fault already, as `stream.py` has them: no fault-free traffic. */
const lateSeconds: Readonly<Record<string, number>> = {
  'nezha-ob-2022-08-22-0353': 120,
  'nezha-ob-2022-08-22-0710': 90,
  'nezha-tt-2023-01-29-0903': 75,
  'nezha-tt-2023-01-29-0912': 75,
  'nezha-tt-2023-01-29-0921': 75,
  'nezha-tt-2023-01-29-0958': 120,
  'nezha-tt-2023-01-30-1315': 120,
};

/** Margin round an injection that belongs to neither window, microseconds. */
const marginUs = 5_000_000;

/** A labelled fault with its traffic. */
export interface RecordedCase {
  readonly caseId: string;
  readonly injectUs: number;
  readonly service: string;
  readonly fault: string;
  /** Every trace of its minutes, each once. */
  readonly traces: readonly Trace[];
  /** Those that began clear of the injection and of what a late label hides. */
  readonly before: readonly Trace[];
  /** Those that began 5 s after the injection or later. */
  readonly after: readonly Trace[];
}

/** A recorded system. */
export interface RecordedSystem {
  readonly system: System;
  /** Fault-free minutes. */
  readonly normal: readonly Trace[];
  readonly cases: readonly RecordedCase[];
}

/** Reads a recorded system with its labels. */
export function readRecordedSystem(system: System): RecordedSystem {
  const folder = join(dataFolder, system);
  const labels = labelsSchema.parse(JSON.parse(readFileSync(join(folder, 'dev', 'labels.json'), 'utf8')));
  const byCase = tracesByCase(join(folder, 'dev', 'spans.csv.gz'));
  return {
    system,
    normal: [...tracesByCase(join(folder, 'common', 'normal.csv.gz')).values()].flat(),
    cases: labels.map((label) => recordedCase(label, byCase.get(label.case_id) ?? [])),
  };
}

function recordedCase(label: z.infer<typeof labelsSchema>[number], traces: readonly Trace[]): RecordedCase {
  const injectUs = label.inject_time_us;
  const cleanUntil = injectUs - marginUs - (lateSeconds[label.case_id] ?? 0) * 1_000_000;
  return {
    caseId: label.case_id,
    injectUs,
    service: label.root_cause_service,
    fault: label.fault_type,
    traces,
    before: traces.filter((trace) => traceStart(trace) < cleanUntil),
    after: traces.filter((trace) => traceStart(trace) >= injectUs + marginUs),
  };
}

/** What somebody has who is told when the fault began: fault-free minutes and what came before it, against what came after. */
export function toldWindows({ normal }: RecordedSystem, { before, after }: RecordedCase): ToldWindows {
  return { reference: [...normal, ...before], abnormal: after };
}

/** Traces of each case; of a trace that stands in several of its minutes, the fullest copy. */
function tracesByCase(file: string): Map<string, Trace[]> {
  const copies = groupBy(rows(file), ({ key }) => key);
  const fullest = new Map<string, { caseId: string; spans: Map<string, Span> }>();
  for (const copy of copies.values()) {
    const [head] = copy;
    if (head === undefined) continue;
    const spans = new Map(copy.map(({ span }) => [span.spanId, span]));
    const key = `${head.caseId} ${head.span.traceId}`;
    const known = fullest.get(key);
    if (known === undefined || spans.size > known.spans.size) fullest.set(key, { caseId: head.caseId, spans });
  }
  const byCase = new Map<string, Trace[]>();
  for (const { caseId, spans } of fullest.values()) {
    const traces = byCase.get(caseId) ?? [];
    traces.push([...spans.values()]);
    byCase.set(caseId, traces);
  }
  return byCase;
}

function* rows(file: string): Generator<{ key: string; caseId: string; span: Span }> {
  for (const row of readCsv(file)) {
    const caseId = row('case_id');
    const traceId = row('trace_id');
    yield {
      key: `${caseId} ${row('window')} ${traceId}`,
      caseId,
      span: {
        traceId,
        spanId: row('span_id'),
        parentId: row('parent_id'),
        service: row('service'),
        pod: row('pod'),
        operation: row('operation'),
        startUs: Number(row('start_us')),
        durationUs: Number(row('duration_us')),
        failed: row('status') === 'ERROR',
      },
    };
  }
}
