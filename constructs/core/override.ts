import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { UnknownNameError } from './errors';

/** An object as it is written, with whatever fields it has. */
export type RenderedManifest = Record<string, unknown>;

type Change = (object: RenderedManifest) => RenderedManifest;

interface Changes {
  /** In the order of the calls. */
  readonly overrides: Change[];
  last: Change | undefined;
}

const changesOf = new WeakMap<ApiObject, Changes>();

/**
 * Changes objects below a construct after they are rendered, whatever their fields: also those that the types of this library do not
 * know. The objects are found now, and changed whenever they are rendered, in the order of the calls.
 *
 * @param what kind, or kind and name: `StatefulSet`, `Service/web-headless`
 * @param change is given the object, and returns what is written in its place
 * @throws {UnknownNameError} if there is no such object
 */
export function override(scope: IConstruct, what: string, change: Change): void {
  const objects = scope.node.findAll().filter((each): each is ApiObject => ApiObject.isApiObject(each));
  const chosen = objects.filter(({ kind, name }) => what === kind || what === `${kind}/${name}`);
  if (chosen.length === 0) {
    const known = objects.map(({ kind, name }) => `${kind}/${name}`);
    throw new UnknownNameError(`object of ${scope.node.path}`, what, known);
  }
  for (const object of chosen) changes(object).overrides.push(change);
}

/** Changes an object after every {@link override}, also those that are yet to come: for what follows from all of it. */
export function finish(object: ApiObject, change: Change): void {
  changes(object).last = change;
}

function changes(object: ApiObject): Changes {
  const present = changesOf.get(object);
  if (present !== undefined) return present;
  const made: Changes = { overrides: [], last: undefined };
  changesOf.set(object, made);
  const render = object.toJson.bind(object);
  object.toJson = (): unknown => {
    let changed = render() as RenderedManifest;
    for (const override of made.overrides) changed = override(changed);
    return made.last?.(changed) ?? changed;
  };
  return made;
}
