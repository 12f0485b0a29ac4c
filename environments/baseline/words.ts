import type { Baseline, Section, Value } from './baseline';

/* Parts of sentences about changes. */

export function textOf(value: Value | undefined): string {
  return value === undefined ? 'nothing' : String(value);
}

export function partsOf(id: string): readonly string[] {
  return id.split('/');
}

/** Last part of `namespace/name`. */
export function nameOf(place: string): string {
  return partsOf(place).at(-1) ?? '';
}

/** As an argument of kubectl; none for what is in no namespace. */
export function namespaceOf(place: string): string {
  const [namespace = '', name] = partsOf(place);
  return name === undefined ? '' : ` -n ${namespace}`;
}

/** Host name of a Service. */
export function whereOf(place: string): string {
  const [namespace = '', name = ''] = partsOf(place);
  return `${name}.${namespace}`;
}

/** A field that may not change, and how it does nevertheless. */
export function refused(kind: string, place: string): string {
  return `Kubernetes refuses this change: kubectl delete ${kind.toLowerCase()} ${nameOf(place)}${namespaceOf(place)} --cascade=orphan, and apply`;
}

/**
 * What may be the same thing under another name or in another namespace: what is new of its section and kind, that of the same name if there is one.
 *
 * @param does what the new one is or does
 */
export function newIn(section: Section, id: string, { was, is }: ComparedBaselines, does: string): string {
  const [kind = '', place] = id.split(' ');
  const added = Object.keys(is[section]).filter(
    (each) => was[section][each] === undefined && (place === undefined || each.startsWith(`${kind} `)),
  );
  const moved = added.filter((each) => nameOf(each) === nameOf(id));
  const found = moved.length > 0 ? moved : added;
  if (found.length === 0) return '';
  const shown = found.length > 3 ? [...found.slice(0, 3), '…'] : found;
  return `; ${shown.join(' or ')}, if it is the same, ${does}`;
}

interface ComparedBaselines {
  readonly was: Baseline;
  readonly is: Baseline;
}
