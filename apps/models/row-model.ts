import { rowModelNames } from '@plumbline/wire';
import type { FeatureMatrix } from './feature-matrix';

export { rowModelNames };
export type RowModelName = (typeof rowModelNames)[number];

/** A learned model of normal traces. Pure: equal rows, equal scores, whatever else is in the matrix. */
export interface RowModel {
  readonly name: RowModelName;
  /** One score a row; the higher, the more unusual; at least 0. */
  score(features: FeatureMatrix): Float64Array;
}
