import { Counter, Gauge, type Registry } from 'prom-client';
import { noCounts, type AssemblyCounts } from './assembly/assemble';

/** Everything that is counted; values only rise. */
export interface PreprocessingCounts extends AssemblyCounts {
  records: number;
  messages: number;
  heartbeats: number;
  malformedRecords: number;
  malformedSpans: number;
  replacedTimes: number;
  badTimes: number;
  otherOperations: number;
  otherServices: number;
  otherPeers: number;
  trimmed: number;
  unsendable: number;
}

export const zeroCounts: Readonly<PreprocessingCounts> = {
  ...noCounts,
  records: 0,
  messages: 0,
  heartbeats: 0,
  malformedRecords: 0,
  malformedSpans: 0,
  replacedTimes: 0,
  badTimes: 0,
  otherOperations: 0,
  otherServices: 0,
  otherPeers: 0,
  trimmed: 0,
  unsendable: 0,
};

const counters: Readonly<Record<keyof PreprocessingCounts, readonly [name: string, help: string]>> = {
  records: ['records', 'Records read'],
  spans: ['spans', 'Spans read'],
  traces: ['traces', 'Traces emitted, each counted once'],
  revisions: ['revisions', 'Emissions of traces after their first'],
  messages: ['messages', 'Batches of traces sent'],
  heartbeats: ['heartbeats', 'Empty batches sent with a newer watermark'],
  repeated: ['repeated_spans', 'Spans dropped because they had come before'],
  late: ['late_spans', 'Spans of traces that could no longer be merged'],
  truncated: ['truncated_spans', 'Spans left out because their trace has too many'],
  evicted: ['evicted_traces', 'Traces emitted early because too much was open'],
  malformedRecords: ['malformed_records', 'Records that could not be read at all'],
  malformedSpans: ['malformed_spans', 'Spans that could not be read, in records that could'],
  replacedTimes: ['replaced_event_times', 'Traces whose times were so far from record time that this decided instead'],
  badTimes: ['bad_durations', 'Spans without end, that end before they start or last beyond belief'],
  otherOperations: ['other_operations', 'Names of operations beyond the limit of their service'],
  otherServices: ['other_services', 'Resources of services beyond the limit'],
  otherPeers: ['other_peers', 'Client spans with a peer beyond the limit'],
  trimmed: ['trimmed_traces', 'Traces that lost texts, so that they fit into a message'],
  unsendable: [
    'unsendable_spans',
    'Spans of traces that no message has room for even without texts; told of in the dead letters',
  ],
};

/** What is open at the moment. */
export interface OpenState {
  readonly traces: number;
  readonly spans: number;
  readonly bytes: number;
  /** What bytes may be at most. */
  readonly limitBytes: number;
}

/** Publishes counts as `plumbline_preprocessing_…_total`, and what is open. */
export class PreprocessingMetrics {
  private readonly counters: readonly (readonly [keyof PreprocessingCounts, Counter])[];
  private readonly open: Gauge<'of'>;
  private readonly limit: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const keys = Object.keys(counters) as (keyof PreprocessingCounts)[];
    this.counters = keys.map((key) => {
      const [name, help] = counters[key];
      return [key, new Counter({ name: `plumbline_preprocessing_${name}_total`, help, registers })] as const;
    });
    this.open = new Gauge({
      name: 'plumbline_preprocessing_open',
      help: 'Traces that may still get spans, their spans and the bytes they take',
      labelNames: ['of'],
      registers,
    });
    this.limit = new Gauge({
      name: 'plumbline_preprocessing_open_limit_bytes',
      help: 'Bytes that traces which may still get spans may take; beyond it the oldest of a partition is emitted early',
      registers,
    });
  }

  /** Adds what happened between two readings. */
  add(before: Readonly<PreprocessingCounts>, after: Readonly<PreprocessingCounts>): void {
    for (const [key, counter] of this.counters) {
      const difference = after[key] - before[key];
      if (difference > 0) counter.inc(difference);
    }
  }

  setOpen({ traces, spans, bytes, limitBytes }: OpenState): void {
    this.open.set({ of: 'traces' }, traces);
    this.open.set({ of: 'spans' }, spans);
    this.open.set({ of: 'bytes' }, bytes);
    this.limit.set(limitBytes);
  }
}
