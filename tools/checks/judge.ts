import { describeFinding, type CheckerName, type Finding } from './finding';

/** A check that does not have to hold for some objects, and why. */
export interface Exception {
  readonly checker: CheckerName;
  /** The checker's identifier of the check. */
  readonly check: string;
  /** What the checker says, where one check says several things. @default - anything */
  readonly message?: string;
  /** Objects as `Kind/name`, a Job without the hash of its contents, in any namespace; or all that the check is about. */
  readonly covers: 'all' | readonly string[];
  /** How many findings it covers, by environment; in other environments it covers none. */
  readonly count: Readonly<Record<string, number>>;
  /** Why that is right as it is, in sentences. */
  readonly reason: string;
}

/**
 * Compares what checkers found in an environment with what is excepted.
 *
 * @returns a line for each finding without an exception or with two, for each exception that covers nothing any more, and
 * for each that covers another number than it says; nothing if all is well
 */
export function judge(
  environment: string,
  findings: readonly Finding[],
  exceptions: readonly Exception[],
): readonly string[] {
  const counted = exceptions.filter(({ count }) => count[environment] !== undefined);
  const covered = counted.map((exception) => findings.filter((finding) => covers(exception, finding)));
  const unjudged = findings.flatMap((finding) => {
    const by = counted.filter((_, index) => covered[index]?.includes(finding));
    if (by.length === 1) return [];
    return [
      `${describeFinding(finding)}: ${by.length === 0 ? 'not excepted: mend it, or except it with a reason' : `excepted ${by.length} times: let one exception cover it`}`,
    ];
  });
  const miscounted = counted.flatMap((exception, index) => {
    const found = covered[index] ?? [];
    const said = exception.count[environment];
    if (found.length === said) return [];
    const what = `the exception from ${exception.checker} ${exception.check} of ${describeCovered(exception)}`;
    if (found.length === 0) return [`${what} covers nothing in ${environment} any more: remove it`];
    return [`${what} covers ${found.length} findings in ${environment}, and says ${said}: ${objectsOf(found)}`];
  });
  return [...unjudged, ...miscounted];
}

/** What an exception covers, in words. */
export function describeCovered({ covers: objects, message }: Pick<Exception, 'covers' | 'message'>): string {
  return `${objects === 'all' ? 'all' : objects.join(', ')}${message === undefined ? '' : ` (${message})`}`;
}

function covers(exception: Exception, { checker, check, object, message }: Finding): boolean {
  return (
    exception.checker === checker &&
    exception.check === check &&
    (exception.message === undefined || exception.message === message) &&
    (exception.covers === 'all' || exception.covers.includes(object))
  );
}

function objectsOf(findings: readonly Finding[]): string {
  return Array.from(new Set(findings.map(({ object }) => object))).join(', ');
}
