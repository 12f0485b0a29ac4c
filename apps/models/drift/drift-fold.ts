import { StretchCounts, watchedOf, type DriftModels, type Scored, type Watched } from './baseline';
import { compare, type DriftBounds, type DriftReport } from './drift-report';

export interface FoldOptions extends DriftBounds {
  /** Length of a stretch of event time. */
  readonly stretchMs: number;
  /** How far behind the newest a trace may come and still be counted, up to the length of a stretch. */
  readonly graceMs: number;
}

/**
 * Counts what a version scores, stretch by stretch of event time. Stretches begin at multiples of their length, so that
 * everybody has the same ones; counts add up, so a report does not depend on the order in which traces came as long as none was
 * later than the grace. At most three stretches are open.
 */
export class DriftFold {
  /** Traces that came when their stretch was closed, and count for none. */
  late = 0;
  private readonly watched: readonly Watched[];
  private readonly open = new Map<number, StretchCounts>();
  private newestMs = -Infinity;

  constructor(
    private readonly models: DriftModels,
    private readonly options: FoldOptions,
  ) {
    this.watched = watchedOf(models);
  }

  /** @returns reports of the stretches that are over now, oldest first */
  add(scored: Scored, eventTimesMs: ArrayLike<number>): DriftReport[] {
    const reports: DriftReport[] = [];
    for (let row = 0; row < scored.rows.rows; row += 1) {
      const atMs = eventTimesMs[row] ?? NaN;
      if (!Number.isFinite(atMs)) continue;
      const stretch = Math.floor(atMs / this.options.stretchMs);
      if (atMs > this.newestMs) {
        this.newestMs = atMs;
        reports.push(...this.close());
      }
      if (this.isOver(stretch)) {
        this.late += 1;
        continue;
      }
      let counts = this.open.get(stretch);
      if (counts === undefined) this.open.set(stretch, (counts = new StretchCounts(this.watched)));
      counts.add(scored, row);
    }
    return reports;
  }

  private isOver(stretch: number): boolean {
    const { stretchMs, graceMs } = this.options;
    return (stretch + 1) * stretchMs + Math.min(graceMs, stretchMs) <= this.newestMs;
  }

  private close(): DriftReport[] {
    const over = [...this.open].filter(([stretch]) => this.isOver(stretch)).sort(([a], [b]) => a - b);
    return over.map(([stretch, counts]) => {
      this.open.delete(stretch);
      const { stretchMs } = this.options;
      return {
        version: this.models.manifest.version,
        fromMs: stretch * stretchMs,
        throughMs: (stretch + 1) * stretchMs,
        traces: counts.traces,
        drifts: compare(this.watched, counts, this.options),
      };
    });
  }
}
