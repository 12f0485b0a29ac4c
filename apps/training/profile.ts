import {
  addLabel,
  blindnessSums,
  emptyTable,
  emptyTally,
  labelsOf,
  streamsOf,
  type Labels,
  type LabelStats,
  type OperationStats,
  type Sketch,
  type StatsTable,
  type StreamSpread,
  type Tally,
} from '@plumbline/wire';

/** Counts are kept to a thousandth, and smaller ones forgotten, so that a profile stays short. */
const perUnit = 1000;

/** How scores are forgotten at each profile: they were given by older ones, and the threshold is for the newest. */
const scoreMemory = 0.5;

export interface ProfileLimits {
  readonly maxOperations: number;
  readonly maxEdges: number;
}

/**
 * The profile that goes into a bundle, and that learning continues from: everything counted `weight` times, what has come to
 * nothing and what was said only of anomalous traces left out, the rarest rows beyond the limits too.
 *
 * @param weight 1, or less to forget
 */
export function condense(table: StatsTable, weight: number, limits: ProfileLimits): StatsTable {
  const result = emptyTable();
  const operations = keepLargest(table.operations, limits.maxOperations, (row) => row.all.count);
  for (const [key, row] of operations) {
    const all = condenseTally(row.all, weight);
    if (all.count <= 0) continue;
    const exceeding = scaled(row.exceeding, weight);
    result.operations.set(key, {
      ...row,
      all,
      anomalous: emptyTally(),
      exceeding,
      suspects: 0,
      traces: scaled(row.traces, weight),
      perTrace: condenseSketch(row.perTrace, weight),
      erring: scaled(row.erring, weight),
      failing: scaled(row.failing, weight),
      deep: 0,
      watched: scaled(row.watched, weight),
      lacking: scaled(row.lacking, weight),
      shapes: condenseShapes(row.shapes, weight),
    });
  }
  for (const [key, row] of keepLargest(table.edges, limits.maxEdges, (row) => row.callers)) {
    const callers = scaled(row.callers, weight);
    if (callers <= 0) continue;
    result.edges.set(key, {
      ...row,
      calls: scaled(row.calls, weight),
      clientErrors: scaled(row.clientErrors, weight),
      serverErrors: scaled(row.serverErrors, weight),
      callers,
      fanout: condenseSketch(row.fanout, weight),
      gap: condenseSketch(row.gap, weight),
      duration: condenseSketch(row.duration, weight),
      perTrace: condenseSketch(row.perTrace, weight),
      watched: scaled(row.watched, weight),
      lacking: scaled(row.lacking, weight),
      gapExceeding: scaled(row.gapExceeding, weight),
      fanoutExceeding: scaled(row.fanoutExceeding, weight),
      anomalousCallers: 0,
      anomalousCalls: 0,
      anomalousClientErrors: 0,
    });
  }
  for (const [key, row] of keepLargest(table.entries, limits.maxOperations, (row) => row.traces)) {
    const traces = scaled(row.traces, weight);
    if (traces <= 0) continue;
    result.entries.set(key, {
      ...row,
      traces,
      anomalous: scaled(row.anomalous, weight),
      abstained: scaled(row.abstained, weight),
      failed: scaled(row.failed, weight),
      score: condenseSketch(row.score, weight * scoreMemory),
      duration: condenseSketch(row.duration, weight),
      ratio: condenseSketch(row.ratio, weight),
    });
  }
  for (const [key, row] of keepLargest(table.services, limits.maxOperations, (row) => row.traces)) {
    const traces = scaled(row.traces, weight);
    if (traces <= 0) continue;
    result.services.set(key, {
      ...row,
      traces,
      failing: scaled(row.failing, weight),
      own: condenseSketch(row.own, weight),
      out: condenseSketch(row.out, weight),
      in: condenseSketch(row.in, weight),
      labels: condenseVersions(row.labels, weight),
    });
  }
  for (const key of blindnessSums) result.blindness[key] = scaled(table.blindness[key], weight);
  return result;
}

/** Sets of children that are kept of one operation; most have a handful. */
const mostShapes = 64;

function condenseShapes(shapes: OperationStats['shapes'], weight: number): OperationStats['shapes'] {
  const result: OperationStats['shapes'] = new Map();
  for (const [key, { count }] of keepLargest(shapes, mostShapes, (shape) => shape.count)) {
    const n = scaled(count, weight);
    if (n > 0) result.set(key, { count: n, deep: 0 });
  }
  return result;
}

/** Versions that are kept of one service: a new one is known by not being among them. */
const mostVersions = 16;

/** Pods and nodes come and go; versions are normal or new. */
function condenseVersions(labels: Labels, weight: number): Labels {
  const result: Labels = new Map();
  const versions = labelsOf(labels, 'version') ?? new Map<string, LabelStats>();
  for (const [version, counted] of keepLargest(versions, mostVersions, ({ traces }) => traces)) {
    const traces = scaled(counted.traces, weight);
    if (traces > 0) addLabel(result, 'version', version, { traces, failing: 0, slow: 0 });
  }
  return result;
}

/** {@link condense} for how shares vary: streams that the profile no longer has are forgotten. */
export function condenseSpread(
  spread: ReadonlyMap<string, StreamSpread>,
  profile: StatsTable,
  weight: number,
): Map<string, StreamSpread> {
  const result = new Map<string, StreamSpread>();
  for (const { key } of streamsOf(profile)) {
    const known = spread.get(key);
    if (known === undefined) continue;
    result.set(key, { blocks: scaled(known.blocks, weight), squares: condenseSketch(known.squares, weight) });
  }
  return result;
}

function condenseTally(tally: Tally, weight: number): Tally {
  return {
    count: scaled(tally.count, weight),
    errors: scaled(tally.errors, weight),
    origins: scaled(tally.origins, weight),
    duration: condenseSketch(tally.duration, weight),
    self: condenseSketch(tally.self, weight),
  };
}

function condenseSketch(sketch: Sketch, weight: number): Sketch {
  const result: Sketch = new Map();
  for (const [bucket, count] of sketch) {
    const n = scaled(count, weight);
    if (n > 0) result.set(bucket, n);
  }
  return result;
}

function scaled(count: number, weight: number): number {
  return Math.max(0, Math.round(count * weight * perUnit) / perUnit);
}

/** By falling size, then by key: the same rows on every machine. */
function keepLargest<T>(rows: ReadonlyMap<string, T>, limit: number, size: (row: T) => number): Iterable<[string, T]> {
  if (rows.size <= limit) return rows;
  const sorted = [...rows].sort(([a, x], [b, y]) => size(y) - size(x) || (a < b ? -1 : 1));
  return sorted.slice(0, limit);
}
