import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { InvalidPropError, MissingNamespaceError } from './errors';

/** Labels that every rendered object carries; pods are selected by the first two and nothing else. */
export const labelKeys = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** Prefix of our own annotations. */
export const annotationPrefix = 'plumbline.dev';

/**
 * On what has data in it: Argo CD neither deletes it when it is rendered no more, nor with its Application. Whoever wants it gone deletes it.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
 */
export const keptAnnotations = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' } as const;

/** What selects a workload's pods; immutable in the cluster, so it holds nothing that changes. */
export interface Selector {
  /** The workload, e.g. `otel-aggregator`. */
  readonly name: string;
  /** The component that owns it, e.g. `otel`. */
  readonly instance: string;
}

export function selectorLabels({ name, instance }: Selector): Record<string, string> {
  return { [labelKeys.name]: name, [labelKeys.instance]: instance };
}

/**
 * A name that any kind accepts, with room for what controllers append.
 *
 * @throws {InvalidPropError} if it is no lower-case DNS label of at most 52 characters
 */
export function validName(prop: string, name: string): string {
  if (!/^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/.test(name)) {
    throw new InvalidPropError(prop, name, 'a lower-case DNS label of at most 52 characters');
  }
  return name;
}

/** @throws {InvalidPropError} if it is no port number */
export function validPort(prop: string, port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidPropError(prop, port, 'a port from 1 to 65535');
  }
  return port;
}

/** @throws {MissingNamespaceError} if the chart around `scope` has none */
export function namespaceOf(scope: IConstruct): string {
  const { namespace } = Chart.of(scope);
  if (namespace === undefined) throw new MissingNamespaceError(scope.node.path);
  return namespace;
}
