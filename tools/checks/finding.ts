/** Independent checkers of manifests, by the name of their tool. */
export const checkers = ['kube-score', 'checkov'] as const;

export type CheckerName = (typeof checkers)[number];

/** An object of the manifests, as `Kind/name`, and where it is. */
export interface CheckedObject {
  /** `StatefulSet/objects`; a Job without the hash of its contents. */
  readonly object: string;
  readonly namespace: string;
}

/** Something that a checker objects to. */
export interface Finding extends CheckedObject {
  readonly checker: CheckerName;
  /** The checker's identifier of the check. */
  readonly check: string;
  /** Container, port or the like, where the checker names one. */
  readonly part?: string;
  readonly message: string;
}

/** What a checker says of a set of manifests. */
export interface Report {
  readonly findings: readonly Finding[];
  /** Every object that it judged, well or not. */
  readonly examined: readonly CheckedObject[];
}

/** @param name of the object; the hash that the name of a Job ends with changes with every change of the Job */
export function checkedObject(kind: string, namespace: string, name: string): CheckedObject {
  return { object: `${kind}/${kind === 'Job' ? name.replace(/-[0-9a-f]{10}$/, '') : name}`, namespace };
}

/** One line that says what is wrong with what. */
export function describeFinding({ checker, check, object, namespace, part, message }: Finding): string {
  return `${checker} ${check}: ${object} in ${namespace}${part === undefined ? '' : `, ${part}`}: ${message}`;
}
