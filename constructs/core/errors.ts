/** What is wrong with a platform as it was described; thrown while constructs are made or rendered. */
export abstract class PlatformError extends Error {
  /** Stable, for programs. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A prop has a value that cannot be rendered. */
export class InvalidPropError extends PlatformError {
  readonly code = 'INVALID_PROP';

  /**
   * @param prop name of the prop, with the construct it belongs to
   * @param value what was received
   * @param expected what would be right, as the end of the sentence "… is not …"
   */
  constructor(
    readonly prop: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`${prop} is ${value === undefined ? 'undefined' : JSON.stringify(value)}, which is not ${expected}`);
  }
}

/** A construct was put in a chart without a namespace, so nothing could be addressed. */
export class MissingNamespaceError extends PlatformError {
  readonly code = 'MISSING_NAMESPACE';

  constructor(readonly path: string) {
    super(`the chart of ${path} has no namespace: give the chart one, so that addresses and policies can name it`);
  }
}

/** Two things that must be told apart have one name. */
export class DuplicateNameError extends PlatformError {
  readonly code = 'DUPLICATE_NAME';

  constructor(
    readonly kind: string,
    readonly duplicate: string,
    readonly where: string,
  ) {
    super(`${kind} ${duplicate} exists twice in ${where}`);
  }
}

/** Something was asked for by a name that nothing has. */
export class UnknownNameError extends PlatformError {
  readonly code = 'UNKNOWN_NAME';

  constructor(
    readonly kind: string,
    readonly unknown: string,
    readonly known: readonly string[],
  ) {
    super(`there is no ${kind} ${unknown}; known: ${known.join(', ') || 'none'}`);
  }
}

/** A workload may more than the namespace that it is in. */
export class PodSecurityError extends PlatformError {
  readonly code = 'POD_SECURITY';

  constructor(
    readonly workload: string,
    readonly profile: string,
    readonly namespace: string,
    readonly reason: string,
  ) {
    super(
      `${workload} has the profile ${profile} and is in the namespace ${namespace}, ${reason}: ` +
        'give its chart a namespace of its own, because Pod Security acts by namespace',
    );
  }
}

/** An endpoint cannot be opened in the way that was asked for. */
export class ExposureError extends PlatformError {
  readonly code = 'EXPOSURE';

  constructor(
    readonly endpoint: string,
    readonly reason: string,
  ) {
    super(`${endpoint} cannot be exposed: ${reason}`);
  }
}

/** What is rendered into a namespace may ask for more than its quota lets it. */
export class QuotaTooSmallError extends PlatformError {
  readonly code = 'QUOTA_TOO_SMALL';

  /** @param parts what asks for how much, the most first */
  constructor(
    readonly namespace: string,
    readonly resource: string,
    readonly quota: string,
    readonly needed: string,
    readonly parts: readonly string[],
  ) {
    super(
      `the quota of ${namespace} is ${resource} ${quota}, and what is in it may ask for ${needed} together, rollouts and autoscalers counted: ` +
        `${parts.slice(0, 5).join(', ')}${parts.length > 5 ? `, and ${parts.length - 5} others` : ''}`,
    );
  }
}

/** Files do not fit into the ConfigMap that they are to be in. */
export class FilesTooLargeError extends PlatformError {
  readonly code = 'FILES_TOO_LARGE';

  /** @param sizes bytes of each file, by its name */
  constructor(
    readonly sizes: ReadonlyMap<string, number>,
    readonly limit: number,
  ) {
    const total = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0);
    const largest = Array.from(sizes)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5)
      .map(([name, size]) => `${name} ${size}`);
    super(
      `${sizes.size} files of one ConfigMap are ${total} bytes, and it holds at most ${limit}; the largest: ${largest.join(', ')}; ` +
        `make them smaller, or divide them`,
    );
  }
}
