/** A parsed Kubernetes object, as `kubectl apply` would read it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** The parts of `metadata` that a rendered object carries. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What an invariant found: the object, the field below it, and why that is wrong. */
export interface Finding {
  readonly object: KubeObject;
  /** Path of the field, e.g. `spec.template.spec.containers[0].image`; empty for the object as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A {@link Finding} together with the invariant it breaks, ready to print. */
export interface Violation {
  /** Id of the invariant. */
  readonly invariant: string;
  /** `Kind namespace/name`, or `Kind name` outside namespaces. */
  readonly object: string;
  readonly path: string;
  readonly message: string;
}

/** A property that every set of rendered objects has. */
export interface Invariant {
  /** Short, stable, kebab-case. */
  readonly id: string;
  /** What holds, in one sentence. */
  readonly statement: string;
  /** What goes wrong in a cluster where it does not hold. */
  readonly reason: string;
  /** Every place where `objects`, all objects of one environment, break it. */
  readonly check: (objects: readonly KubeObject[]) => readonly Violation[];
}

/** `Kind namespace/name`, or `Kind name` outside namespaces. */
export function describeObject({ kind, metadata }: KubeObject): string {
  return metadata.namespace === undefined
    ? `${kind} ${metadata.name}`
    : `${kind} ${metadata.namespace}/${metadata.name}`;
}

/** One line: object, path, what is wrong, and the invariant's id. */
export function describeViolation({ invariant, object, path, message }: Violation): string {
  return `${object}: ${path === '' ? '' : `${path}: `}${message} [${invariant}]`;
}
