import { exceptionsOf, type KubeObject } from '../constructs/invariants';
import { compareText } from '../constructs/core/content-hash';
import { code, table } from '../tools/markdown';

/** What may more than is usual among the objects of an environment: how many there are, and each with its reason. */
export function exceptionTable(objects: readonly KubeObject[]): string {
  const exceptions = exceptionsOf(objects);
  if (exceptions.length === 0) return '0 exceptions.';
  const rows = exceptions.map(({ object: { kind, metadata }, what, allows, reason }) => [
    metadata.namespace ?? '',
    code(`${kind} ${metadata.name}`),
    what,
    allows.map(code).join(', '),
    reason,
  ]);
  const ordered = rows.toSorted((a, b) => compareText(a.join('\n'), b.join('\n')));
  return [
    exceptions.length === 1 ? '1 exception.' : `${exceptions.length} exceptions.`,
    table(['Namespace', 'Object', 'Profile', 'May', 'Why'], ordered),
  ].join('\n\n');
}
