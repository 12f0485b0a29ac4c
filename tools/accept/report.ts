/** A step of an acceptance did not hold. */
export class NotAcceptedError extends Error {
  readonly code = 'NOT_ACCEPTED';

  constructor(message: string) {
    super(message);
    this.name = 'NotAcceptedError';
  }
}

/** Prints each step as it ends. */
export class Report {
  private readonly startedAt = performance.now();

  /**
   * Runs a step and says that it held, with what it found.
   *
   * @returns what the step returned
   */
  async step<T>(what: string, run: () => Promise<T>, found: (result: T) => string = () => ''): Promise<T> {
    try {
      const result = await run();
      const more = found(result);
      this.line('ok', more === '' ? what : `${what}: ${more}`);
      return result;
    } catch (error) {
      this.line('!!', what);
      throw error;
    }
  }

  private line(mark: string, text: string): void {
    const seconds = ((performance.now() - this.startedAt) / 1000).toFixed(1);
    console.log(`[${mark}] ${`${seconds} s`.padStart(8)}  ${text}`);
  }
}

/** @throws {NotAcceptedError} unless the condition holds */
export function accept(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new NotAcceptedError(otherwise);
}
