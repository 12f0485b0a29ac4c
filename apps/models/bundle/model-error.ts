/** What is wrong with a version of the models. */
export type ModelErrorCode =
  | 'PLUMBLINE_MODEL_ABSENT'
  | 'PLUMBLINE_MODEL_MANIFEST'
  | 'PLUMBLINE_MODEL_SIZE'
  | 'PLUMBLINE_MODEL_HASH'
  | 'PLUMBLINE_MODEL_FEATURES'
  | 'PLUMBLINE_MODEL_CONTENT'
  | 'PLUMBLINE_MODEL_CONFLICT';

export interface ModelErrorDetails {
  /** Path below the folder of the version. */
  readonly file?: string;
  /** Hash or number of bytes that was expected, and what was found. */
  readonly expected?: string;
  readonly found?: string;
  readonly cause?: unknown;
}

/** A version of the models that cannot be used; it stays so. What the object store throws is not one of these. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly file: string | undefined;
  readonly expected: string | undefined;
  readonly found: string | undefined;

  constructor(
    readonly code: ModelErrorCode,
    readonly version: string,
    what: string,
    { file, expected, found, cause }: ModelErrorDetails = {},
  ) {
    const where = file === undefined ? '' : `, ${file}`;
    const but = expected === undefined ? '' : ` (expected ${expected}, found ${found ?? 'nothing'})`;
    super(`models ${version}${where}: ${what}${but}`, cause === undefined ? undefined : { cause });
    this.file = file;
    this.expected = expected;
    this.found = found;
  }
}
