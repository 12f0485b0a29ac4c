import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { UnknownNameError } from './errors';

/** An object as it is written, with whatever fields it has. */
export type RenderedManifest = Record<string, unknown>;

/**
 * Changes objects below a construct after they are rendered, whatever their fields: also those that the types of this library do not
 * know. The objects are found now, and changed whenever they are rendered, in the order of the calls.
 *
 * @param what kind, or kind and name: `StatefulSet`, `Service/web-headless`
 * @param change is given the object, and returns what is written in its place
 * @throws {UnknownNameError} if there is no such object
 */
export function override(
  scope: IConstruct,
  what: string,
  change: (object: RenderedManifest) => RenderedManifest,
): void {
  const objects = scope.node.findAll().filter((each): each is ApiObject => ApiObject.isApiObject(each));
  const chosen = objects.filter(({ kind, name }) => what === kind || what === `${kind}/${name}`);
  if (chosen.length === 0) {
    const known = objects.map(({ kind, name }) => `${kind}/${name}`);
    throw new UnknownNameError(`object of ${scope.node.path}`, what, known);
  }
  for (const object of chosen) {
    const render = object.toJson.bind(object);
    object.toJson = (): unknown => change(render() as RenderedManifest);
  }
}
