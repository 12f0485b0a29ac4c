/**
 * Feature vectors, one row a trace, row-major. `NaN` where a trace says nothing: a service that it does not touch. What the
 * columns mean is said by the feature schema that they were made with.
 */
export interface FeatureMatrix {
  readonly rows: number;
  /** Columns. */
  readonly width: number;
  /** `rows × width` numbers. */
  readonly values: Float32Array;
}
