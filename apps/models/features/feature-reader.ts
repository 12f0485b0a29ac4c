import { isWhole, type MeasuredTrace, type TraceReader } from '@plumbline/anomaly-detection';
import { entryKey } from '@plumbline/wire';
import type { PathModel } from '../paths/path-model';
import { BatchFeatures } from './batch-features';
import { profileScore, type FeatureRows } from './feature-rows';
import type { FeatureSchema } from './schema';

/**
 * Fills a row of features for each trace that the profile scorer measures: the same code for training and for serving.
 *
 * @example
 * const reader = new FeatureReader(schema, paths);
 * scorer.score(batch, index, traces, reader);
 * const rows = reader.take();
 */
export class FeatureReader implements TraceReader {
  private values = new Float32Array(0);
  private traces: number[] = [];
  private entries: string[] = [];
  private profile: number[] = [];
  private current: BatchFeatures | undefined;

  /** @param paths how traces are made; without it the column says nothing */
  constructor(
    readonly schema: FeatureSchema,
    private readonly paths?: PathModel,
  ) {}

  read({ batch, index, trace, measurer, score }: MeasuredTrace): void {
    if (this.current?.measurer !== measurer) {
      this.current = new BatchFeatures(batch, index, measurer, this.schema, this.paths);
    }
    const { width } = this.current;
    const start = this.traces.length * width;
    if (start + width > this.values.length) this.grow(start + width);
    const whole = isWhole(batch.traces.flags[trace] ?? 0);
    const entry = entryKey(
      batch.services[batch.traces.entryService[trace] ?? 0] ?? '',
      batch.operations[batch.traces.entryOperation[trace] ?? 0] ?? '',
    );
    this.current.fill(this.values.subarray(start, start + width), trace, entry, whole, score);
    this.traces.push(trace);
    this.entries.push(entry);
    this.profile.push(profileScore(score));
  }

  /** The rows since the last time; the reader begins anew. */
  take(): FeatureRows {
    const width = this.schema.names.length;
    const rows = this.traces.length;
    const taken = {
      rows,
      width,
      values: this.values.slice(0, rows * width),
      traces: Int32Array.from(this.traces),
      entries: this.entries,
      profile: Float64Array.from(this.profile),
    };
    [this.traces, this.entries, this.profile] = [[], [], []];
    this.current = undefined;
    return taken;
  }

  private grow(least: number): void {
    const grown = new Float32Array(Math.max(least, 2 * this.values.length, 64 * this.schema.names.length));
    grown.set(this.values);
    this.values = grown;
  }
}
