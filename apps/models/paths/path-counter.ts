import type { MeasuredTrace, TraceReader } from '@plumbline/anomaly-detection';
import { operationKey, shapeLabels } from '@plumbline/wire';
import { pathLimits, type OperationCounts } from './path-counts';
import { longestShape, PathModel } from './path-model';

/** Sets of one operation, and of all, that are told apart while counting; what comes later counts as a rest of one kind each. */
const mostCounted = { shapes: 1024, all: 400_000 } as const;

interface Counting {
  traces: number;
  rest: number;
  readonly shapes: Map<string, number>;
  readonly labels: Map<string, number>;
}

/** Counts the sets of children in traces that a {@link PathModel} learns from. */
export class PathCounter implements TraceReader {
  private readonly operations = new Map<string, Counting>();
  private shapes = 0;

  read({ index, measurer }: MeasuredTrace): void {
    for (const { operation, key } of measurer.shapes) {
      const name = index.operations[operation];
      if (name === undefined) continue;
      this.count(operationKey(name.service, name.operation, name.kind, name.entry), key);
    }
  }

  /** Counts a set of children of an operation, once a trace. */
  count(operation: string, shape: string): void {
    if (shape.length > longestShape || operation.length > pathLimits.chars) return;
    const children = shapeLabels(shape);
    if (children.length > pathLimits.children) return;
    let counting = this.operations.get(operation);
    if (counting === undefined) {
      if (this.operations.size >= pathLimits.operations) return;
      counting = { traces: 0, rest: 0, shapes: new Map(), labels: new Map() };
      this.operations.set(operation, counting);
    }
    const { shapes, labels } = counting;
    counting.traces += 1;
    const known = shapes.get(shape);
    if (known !== undefined) shapes.set(shape, known + 1);
    else if (shapes.size < mostCounted.shapes && this.shapes < mostCounted.all) {
      shapes.set(shape, 1);
      this.shapes += 1;
    } else counting.rest += 1;
    for (const label of children) {
      const count = labels.get(label);
      if (count !== undefined || labels.size < pathLimits.labels) labels.set(label, (count ?? 0) + 1);
    }
  }

  /** The model of what was counted so far: the same counts give the same one, in whatever order they came. */
  model(): PathModel {
    const names = new Set<string>();
    const operations = [...this.operations].sort(([a], [b]) => (a < b ? -1 : 1));
    return new PathModel(
      new Map(
        operations.flatMap(([key, counting]) => {
          const counts = finished(counting);
          for (const shape of counts.shapes.keys()) for (const label of shapeLabels(shape)) names.add(label);
          for (const label of counts.labels.keys()) names.add(label);
          return names.size > pathLimits.names ? [] : [[key, counts] as const];
        }),
      ),
    );
  }
}

function finished({ traces, rest, shapes, labels }: Counting): OperationCounts {
  const frequent = [...shapes].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const kept = frequent.slice(0, pathLimits.shapes);
  const cut = frequent.slice(kept.length).reduce((sum, [, n]) => sum + n, 0);
  return {
    traces,
    rest: rest + cut,
    kinds: shapes.size + rest,
    shapes: new Map(kept),
    labels: new Map([...labels].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
