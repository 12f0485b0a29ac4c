import { isWhole, type MeasuredTrace, type TraceReader } from '@plumbline/anomaly-detection';
import { addToSketch, entryKey, quantile, sketchCount, type Sketch } from '@plumbline/wire';
import { featureSchemaOf, mostEntries, mostServices, type FeatureSchema } from './schema';

/** Names that are counted at most; what comes first has room. */
const mostCounted = 65_536;
/** Traces from which a usual number of spans is known. */
const leastTraces = 20;

/** Counts what a {@link FeatureSchema} needs to know of the traces that models will learn from. */
export class FeatureCounter implements TraceReader {
  private readonly traces = new Map<string, number>();
  private readonly spans = new Map<string, Sketch>();

  read({ batch, trace, measurer }: MeasuredTrace): void {
    const { traces, services, operations } = batch;
    for (const i of measurer.services) {
      const service = services[i] ?? '';
      const count = this.traces.get(service);
      if (count !== undefined || this.traces.size < mostCounted) this.traces.set(service, (count ?? 0) + 1);
    }
    if (!isWhole(traces.flags[trace] ?? 0)) return;
    const entry = entryKey(
      services[traces.entryService[trace] ?? 0] ?? '',
      operations[traces.entryOperation[trace] ?? 0] ?? '',
    );
    let sketch = this.spans.get(entry);
    if (sketch === undefined) {
      if (this.spans.size >= mostCounted) return;
      this.spans.set(entry, (sketch = new Map<number, number>()));
    }
    addToSketch(sketch, (traces.spanOffsets[trace + 1] ?? 0) - (traces.spanOffsets[trace] ?? 0));
  }

  /**
   * The schema of the services that most traces touch, ties by name.
   *
   * @param services most services with columns of their own, 0 to 32; the rest count in the columns of the trace
   * @throws {RangeError} for another number
   */
  define(services = mostServices): FeatureSchema {
    if (!Number.isInteger(services) || services < 0 || services > mostServices) {
      throw new RangeError(`0 to ${mostServices} services have columns of their own, not ${services}`);
    }
    const known = [...this.spans].filter(([, sketch]) => sketchCount(sketch) >= leastTraces);
    const entries = mostFirst(known.map(([entry, sketch]) => [entry, sketchCount(sketch)])).slice(0, mostEntries);
    return featureSchemaOf(
      mostFirst([...this.traces]).slice(0, services),
      new Map(entries.sort().map((entry) => [entry, quantile(this.spans.get(entry) ?? new Map(), 0.5)])),
    );
  }
}

/** Names by count, greatest first, then by byte order. */
function mostFirst(counts: readonly (readonly [string, number])[]): string[] {
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
}
