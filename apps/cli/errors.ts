import { CommanderError } from 'commander';

/** Something that was asked for in a way that cannot be answered; the message says what, and what would do. */
export class UsageError extends Error {
  readonly code = 'PLUMBLINE_USAGE';
  override readonly name = 'UsageError';
}

/** Codes of errors that are about what was given: the command line, settings, recordings. */
const inputErrors = new Set([
  'PLUMBLINE_USAGE',
  'PLUMBLINE_CONFIG',
  'PLUMBLINE_RECORDING',
  'PLUMBLINE_REGISTRY_UNKNOWN',
  'PLUMBLINE_SIZING',
  'DEMO_INVALID_ENVIRONMENT',
]);

/** 2 for bad input, 1 for everything else that goes wrong, 0 where only help or a version was asked for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof Error && 'code' in error && inputErrors.has(String(error.code)) ? 2 : 1;
}
