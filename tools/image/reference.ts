import { imageReference, images } from '../../constructs';
import { environments, type Environment } from '../../environments';
import { ImageError } from './errors';

/** What takes the place of what an environment says of its worker image. */
export interface ReferenceOptions {
  /** @default - the first */
  readonly environment?: string;
  /** @default - that of the environment */
  readonly registry?: string;
  /** @default - the version of the library */
  readonly tag?: string;
}

/** The name of an image, and the one that pods of its environment ask for. */
export interface NamedImage {
  readonly environment: Environment;
  readonly reference: string;
  /** What the environment renders. */
  readonly rendered: string;
}

/**
 * The name of the worker image, as an environment renders it unless told otherwise.
 *
 * @throws {ImageError} if there is no such environment, or the tag is none
 * @throws {InvalidPropError} if the registry is none
 */
export function workerImage(options: ReferenceOptions = {}): NamedImage {
  const { tag } = options;
  const [first] = environments;
  const wanted = options.environment ?? first?.name;
  const environment = environments.find(({ name }) => name === wanted);
  if (environment === undefined) {
    const known = environments.map(({ name }) => name).join(', ');
    throw new ImageError(`there is no environment "${wanted ?? ''}": known are ${known}`);
  }
  if (tag !== undefined && (!/^\w[\w.-]{0,127}$/.test(tag) || tag === 'latest')) {
    throw new ImageError(`"${tag}" is no tag that says which image it is`);
  }
  const registries = { ...environment, ...(options.registry !== undefined && { registry: options.registry }) };
  const named = imageReference({ ...images.workers, tag: tag ?? images.workers.tag }, registries);
  const rendered = imageReference(images.workers, environment, environment.pipeline.image);
  // Nobody can build what has a certain digest; what is built is given a name of its own then.
  const asRendered = options.registry === undefined && tag === undefined && !rendered.includes('@');
  return { environment, reference: asRendered ? rendered : named, rendered };
}
