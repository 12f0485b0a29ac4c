/** What went wrong at a registry of models. */
export type RegistryErrorCode =
  /** It could not be reached, or failed: the same request may succeed later. */
  | 'PLUMBLINE_REGISTRY_UNAVAILABLE'
  /** It does not accept who asks. */
  | 'PLUMBLINE_REGISTRY_DENIED'
  /** It does not do what was asked. */
  | 'PLUMBLINE_REGISTRY_REFUSED'
  /** What it says cannot be understood. */
  | 'PLUMBLINE_REGISTRY_MALFORMED'
  /** There is no such version. */
  | 'PLUMBLINE_REGISTRY_UNKNOWN'
  /** There is another version of this name. */
  | 'PLUMBLINE_REGISTRY_CONFLICT'
  /** The version is worse than what it would replace. */
  | 'PLUMBLINE_REGISTRY_WORSE'
  /** What was asked for does not fit what is served. */
  | 'PLUMBLINE_REGISTRY_NOT_SERVED'
  /** Others decided several times in a row while this was being decided. */
  | 'PLUMBLINE_REGISTRY_CONTENTION';

/** Thrown by a `ModelRegistry`; what an object store throws passes through. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Whether the same request may succeed later. */
  readonly transient: boolean;

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.transient = code === 'PLUMBLINE_REGISTRY_UNAVAILABLE';
  }
}

/** A version that is worse than what it would replace. */
export class WorseVersionError extends RegistryError {
  constructor(
    version: string,
    /** Sentences that say in what. */
    readonly objections: readonly string[],
  ) {
    super('PLUMBLINE_REGISTRY_WORSE', `version ${version} is not approved: ${objections.join('; ')}`);
  }
}
