/** A release cannot be made of this checkout; each problem says what to change. */
export class ReleaseError extends Error {
  readonly code = 'RELEASE';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ReleaseError';
  }
}
