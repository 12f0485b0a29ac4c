import type { BatchIndex } from '@plumbline/anomaly-detection';
import { operationKey } from '@plumbline/wire';
import type { FeatureMatrix } from '../feature-matrix';
import { columnOf } from '../features/columns';
import type { RowModel } from '../row-model';
import { OperationPaths } from './operation-paths';
import type { PathCounts } from './path-counts';

/** Sets of children whose key is longer are passed over. */
export const longestShape = 16_384;

/** How surprising sets of children are, by the operations of one batch. */
export interface BatchPaths {
  /**
   * @param operation index into the operations of the batch
   * @param shape key of the set of children
   * @returns −ln p, `undefined` where nothing is known of the operation
   */
  surprise(operation: number, shape: string): number | undefined;
}

/**
 * How requests are made: which sets of children the spans of each operation have. What an operation of unknown name calls
 * surprises nobody, for every release has some; that a known one calls it does.
 */
export class PathModel implements RowModel {
  readonly name = 'paths';
  private readonly operations: ReadonlyMap<string, OperationPaths>;

  constructor(readonly counts: PathCounts) {
    this.operations = new Map([...counts].map(([key, operation]) => [key, new OperationPaths(operation)]));
  }

  ofBatch({ operations }: Pick<BatchIndex, 'operations'>): BatchPaths {
    // Looked up when a trace has them: a record of few traces names many operations that are in none of them.
    const known = new Map<number, OperationPaths | undefined>();
    const pathsOf = (operation: number): OperationPaths | undefined => {
      const name = operations[operation];
      if (name === undefined || known.has(operation)) return known.get(operation);
      const found = this.operations.get(operationKey(name.service, name.operation, name.kind, name.entry));
      known.set(operation, found);
      return found;
    };
    return {
      surprise: (operation, shape) => (shape.length > longestShape ? undefined : pathsOf(operation)?.surprise(shape)),
    };
  }

  /** Reads its column: the rows were filled with this model. Of traces that are not whole nothing is known, which is 0. */
  score({ rows, width, values }: FeatureMatrix): Float64Array {
    return Float64Array.from({ length: rows }, (_, row) => {
      const value = values[row * width + columnOf.path] ?? NaN;
      return value > 0 ? value : 0;
    });
  }
}
