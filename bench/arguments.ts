import { InvalidArgumentError } from 'commander';

/** A whole number from 1, for a commander option. @throws {InvalidArgumentError} */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is needed');
  return value;
}

/** Runs a command; what it throws becomes a line that names it, and exit code 1. */
export function runMain(name: string, main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? `${name}: ${error.message}` : error);
    process.exitCode = 1;
  });
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
