import {
  entryKey,
  leastRegular,
  regularShare,
  rulesOf,
  shapeLabels,
  streamKey,
  type OperationStats,
  type StatsTable,
} from '@plumbline/wire';
import { entrySpanCounts } from '../reference';

/** How often something is presumed to be missing that nobody has watched yet. */
export interface Presumed {
  /** Of the stream. */
  readonly key: string;
  /** Stream that had traffic in the same stretches of time. */
  readonly like: string;
  readonly lacking: number;
  readonly traces: number;
}

/**
 * What is missing is counted from the first profile on, by what is regular in it, so that the first profile has no counts of it yet. They
 * follow from the sets of children and the callers that it does have.
 */
export function* presumedLacking({ operations, edges }: Pick<StatsTable, 'operations' | 'edges'>): Generator<Presumed> {
  for (const [row, { shapes }] of operations) {
    const { traces, lacking } = lackingShapes(shapes);
    if (traces > 0) yield { key: streamKey('lacks', row), like: streamKey('error', row), lacking, traces };
  }
  const entrySpans = entrySpanCounts({ operations });
  for (const [row, { caller, callerOperation, callers }] of edges) {
    const traces = entrySpans.get(entryKey(caller, callerOperation)) ?? 0;
    if (traces < leastRegular || callers < regularShare * traces) continue;
    yield {
      key: streamKey('lack', row),
      like: streamKey('fanout', row),
      lacking: Math.max(0, traces - callers),
      traces,
    };
  }
}

/** Traces whose sets of children lack a regular one; none where nothing is regular. */
function lackingShapes(shapes: OperationStats['shapes']): { readonly traces: number; readonly lacking: number } {
  const { regular } = rulesOf(shapes);
  let [traces, lacking] = [0, 0];
  if (regular.length === 0) return { traces, lacking };
  for (const [key, { count }] of shapes) {
    const labels = new Set(shapeLabels(key));
    traces += count;
    if (regular.some((label) => !labels.has(label))) lacking += count;
  }
  return { traces, lacking };
}
