/** One thing that a part looked at. */
export interface Outcome {
  /** What holds, or should, in a few words. */
  readonly what: string;
  /** Why it does not hold. @default - it holds */
  readonly failure?: string;
}

/** A part of the acceptance: yields each outcome as soon as it is known. */
export type Part = () => AsyncIterable<Outcome>;

/** A part was asked for that there is not. */
export class UnknownPartError extends Error {
  readonly code = 'UNKNOWN_PART';

  constructor(
    readonly part: string,
    known: readonly string[],
  ) {
    super(`There is no part "${part}"; known are ${known.join(', ')}`);
    this.name = 'UnknownPartError';
  }
}

/**
 * Runs parts one after the other and prints each outcome, and `N passed, N failed` at the end. A part that fails altogether is
 * an outcome that failed, and does not keep the others from running.
 *
 * @param names of the parts to run; all of them if empty
 * @returns the exit code: 0 if something was looked at and all of it holds
 * @throws {UnknownPartError} before any part runs
 */
export async function runParts(
  parts: Readonly<Record<string, Part>>,
  names: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const chosen = (names.length > 0 ? names : Object.keys(parts)).map((name) => {
    const part = parts[name];
    if (part === undefined) throw new UnknownPartError(name, Object.keys(parts));
    return { name, part };
  });
  const count = { passed: 0, failed: 0 };
  for (const { name, part } of chosen) {
    for await (const { what, failure } of caught(part)) {
      count[failure === undefined ? 'passed' : 'failed'] += 1;
      print(
        `${failure === undefined ? 'ok    ' : 'FAILED'} ${name}: ${what}${failure === undefined ? '' : `\n${indented(failure)}`}`,
      );
    }
  }
  print(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}

async function* caught(part: Part): AsyncIterable<Outcome> {
  try {
    yield* part();
  } catch (error) {
    yield { what: 'runs to its end', failure: error instanceof Error ? error.message : String(error) };
  }
}

/** The outcome of something that rejects if it does not hold. */
export async function outcomeOf(what: string, act: () => Promise<void>): Promise<Outcome> {
  try {
    await act();
    return { what };
  } catch (error) {
    return { what, failure: error instanceof Error ? error.message : String(error) };
  }
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '         ');
}
