/** A load or a price that nothing can be computed from. */
export class SizingError extends Error {
  readonly code = 'PLUMBLINE_SIZING';

  constructor(
    readonly field: string,
    value: unknown,
    wanted: string,
  ) {
    super(`${field}: ${JSON.stringify(value)} is not ${wanted}`);
    this.name = 'SizingError';
  }
}
