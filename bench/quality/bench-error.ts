/** The bench cannot go on; says with what. */
export class QualityError extends Error {
  readonly code = 'PLUMBLINE_QUALITY';
  override readonly name = 'QualityError';
}
