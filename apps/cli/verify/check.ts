import type { VerifyContext } from './context';

/** What a check came to: what was seen, and what to do where that is not what should be. */
export type Outcome =
  | { readonly result: 'passed'; readonly seen: string }
  | {
      /** `unknown`: it could not be told, such as without a right to look, or without an address. */
      readonly result: 'failed' | 'unknown';
      readonly seen: string;
      readonly todo: string;
      /** The things that are not as they should be, one a line. */
      readonly details?: readonly string[];
    };

/** One item of the checklist. */
export interface Check {
  /** As `--only` takes it. */
  readonly name: string;
  /** What holds when it passes, as a sentence without a full stop. */
  readonly claim: string;
  /** What would not work otherwise. */
  readonly why: string;
  /**
   * Looks. Waits at most `context.patienceMs` for what comes by itself, such as a trace on its way.
   *
   * @throws {VerifyError} when it cannot be told
   */
  run(context: VerifyContext): Promise<Outcome>;
}

/** Why something could not be told, and what to do about it. */
export class VerifyError extends Error {
  readonly code = 'PLUMBLINE_VERIFY';
  override readonly name = 'VerifyError';
  constructor(
    message: string,
    readonly todo: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function passed(seen: string): Outcome {
  return { result: 'passed', seen };
}

export function failed(seen: string, todo: string, details: readonly string[] = []): Outcome {
  return { result: 'failed', seen, todo, ...(details.length > 0 && { details }) };
}

export function unknown(seen: string, todo: string): Outcome {
  return { result: 'unknown', seen, todo };
}

/** `1 claim`, `3 claims`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
